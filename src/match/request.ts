import { PathMatcher } from "./path-rule.ts";
import { queryValue } from "./query.ts";
import type { Matchable, RequestRule } from "./rule.ts";
import { ValueMatcher } from "./value.ts";

/** A compiled {@link RequestRule}. The path stands apart so that a table of many routes can index it. */
export class RequestMatcher {
  readonly path: PathMatcher;
  readonly #method: string;
  readonly #headerNames: readonly string[];
  readonly #headers: readonly ValueMatcher[];
  readonly #queryNames: readonly string[];
  readonly #query: readonly ValueMatcher[];

  /** Throws an Error naming the part that cannot be compiled. */
  constructor(rule: RequestRule) {
    this.path = inPart("path", () => new PathMatcher(rule.path));
    this.#method = rule.method;
    this.#headerNames = rule.headers.map(({ name }) => name.toLowerCase());
    this.#headers = rule.headers.map(({ name, match }) => inPart(`header '${name}'`, () => new ValueMatcher(match)));
    this.#queryNames = rule.query.map(({ name }) => name);
    this.#query = rule.query.map(({ name, match }) => inPart(`query parameter '${name}'`, () => new ValueMatcher(match)));
  }

  /** `form` is `request.path` in comparison form. */
  matches(request: Matchable, form: string): boolean {
    return this.path.matches(form) && this.matchesRest(request);
  }

  /** Everything but the path. */
  matchesRest(request: Matchable): boolean {
    if (this.#method !== "" && this.#method !== request.method) return false;
    for (let index = 0; index < this.#headers.length; index += 1) {
      const value = request.header(this.#headerNames[index] as string);
      if (value === undefined || !(this.#headers[index] as ValueMatcher).matches(value)) return false;
    }
    for (let index = 0; index < this.#query.length; index += 1) {
      const value = queryValue(request.query, this.#queryNames[index] as string);
      if (value === undefined || !(this.#query[index] as ValueMatcher).matches(value)) return false;
    }
    return true;
  }
}

/** Whether any of `matchers` holds; none at all means everything does. */
export function matchesAny(matchers: readonly RequestMatcher[], request: Matchable, form: string): boolean {
  if (matchers.length === 0) return true;
  for (let index = 0; index < matchers.length; index += 1) {
    if ((matchers[index] as RequestMatcher).matches(request, form)) return true;
  }
  return false;
}

function inPart<T>(part: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new Error(`${part}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
