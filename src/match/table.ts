import type { RequestMatcher } from "./request.ts";
import { RULE_KIND, type Matchable } from "./rule.ts";

/** One match of one route. */
interface Entry {
  /** Place of its route in the order of precedence. */
  readonly order: number;
  readonly matcher: RequestMatcher;
}

/** Up to so many are tried one by one: each costs less than a look into a table. */
const FEW = 6;

/**
 * Finds the first of many routes that holds, without looking at each: entries are found by exact path
 * or by prefix in a hash table, and only what these cannot decide (no path rule, regular expressions)
 * is tried one by one. So a thousand routes cost a request about what one does (test/bench/micro-routes.ts).
 */
export class RouteTable {
  readonly #exact = new Map<string, Entry[]>();
  readonly #prefix = new Map<string, Entry[]>();
  readonly #others: Entry[] = [];

  /** `routes[i]` holds the matches of the i-th route in order of precedence; an empty list matches everything. */
  constructor(routes: readonly (readonly RequestMatcher[])[], everything: RequestMatcher) {
    const entries = routes.flatMap((matchers, order) =>
      (matchers.length > 0 ? matchers : [everything]).map((matcher) => ({ order, matcher })),
    );
    for (const entry of entries) this.#add(entry, entries.length > FEW);
  }

  #add(entry: Entry, indexed: boolean): void {
    const { kind, value } = entry.matcher.path;
    if (!indexed || (kind !== RULE_KIND.EXACT && kind !== RULE_KIND.PREFIX)) {
      this.#others.push(entry);
      return;
    }
    // No request gets through with such a path.
    if (value === null) return;
    const index = kind === RULE_KIND.EXACT ? this.#exact : this.#prefix;
    const known = index.get(value);
    if (known === undefined) index.set(value, [entry]);
    else known.push(entry);
  }

  /** Index of the first route that holds, or -1. `form` is the path in comparison form. */
  find(request: Matchable, form: string): number {
    let best = Number.MAX_SAFE_INTEGER;
    if (this.#exact.size > 0) best = firstOf(this.#exact.get(form), request, best);
    if (this.#prefix.size > 0) {
      best = firstOf(this.#prefix.get(form), request, best);
      for (let slash = form.lastIndexOf("/"); slash >= 0; slash = slash === 0 ? -1 : form.lastIndexOf("/", slash - 1)) {
        best = firstOf(this.#prefix.get(form.slice(0, slash)), request, best);
      }
    }
    const others = this.#others;
    for (let index = 0; index < others.length; index += 1) {
      const entry = others[index] as Entry;
      if (entry.order >= best) break;
      if (entry.matcher.matches(request, form)) {
        best = entry.order;
        break;
      }
    }
    return best === Number.MAX_SAFE_INTEGER ? -1 : best;
  }
}

/** Entries of one key stand in order; their path is known to hold. */
function firstOf(entries: readonly Entry[] | undefined, request: Matchable, best: number): number {
  if (entries === undefined) return best;
  for (let index = 0; index < entries.length; index += 1) {
    const entry = entries[index] as Entry;
    if (entry.order >= best) return best;
    if (entry.matcher.matchesRest(request)) return entry.order;
  }
  return best;
}
