import { comparisonForm } from "./comparison.ts";
import { canonicalPath } from "./path.ts";
import { type CompiledRegex, compileRegex } from "./regex.ts";
import { RULE_KIND, type StringRule } from "./rule.ts";

/**
 * One path rule, ready to compare. `kind` is a RULE_KIND, or UNSPECIFIED when it holds for every path.
 * Values are brought to the same form as the paths they meet, so `/%61//b` in a rule is `/a/b`.
 */
export class PathMatcher {
  readonly kind: number;
  /** Comparison form; a prefix without its last slash (`/` becomes empty). Null: no request can have this path. */
  readonly value: string | null;
  readonly #regex: CompiledRegex | null;

  /** Throws an Error for a kind that is not known, a value without leading slash, and a bad pattern. */
  constructor(rule: StringRule | undefined) {
    this.kind = rule?.kind ?? RULE_KIND.UNSPECIFIED;
    this.#regex = this.kind === RULE_KIND.REGEX ? compileRegex(rule?.value ?? "") : null;
    this.value = this.kind === RULE_KIND.EXACT || this.kind === RULE_KIND.PREFIX ? valueOf(rule?.value ?? "", this.kind) : "";
    if (this.kind < RULE_KIND.UNSPECIFIED || this.kind > RULE_KIND.REGEX) throw new Error(`path match kind ${this.kind} is not known`);
  }

  /** `form` is the request's path in comparison form. */
  matches(form: string): boolean {
    if (this.kind === RULE_KIND.UNSPECIFIED) return true;
    if (this.#regex !== null) return this.#regex.testExact(form);
    const value = this.value;
    if (value === null) return false;
    if (this.kind === RULE_KIND.EXACT) return form === value;
    // By whole segments (Gateway API PathPrefix): `/foo` holds for `/foo`, `/foo/`, `/foo/bar`, not for `/foobar`.
    return form.startsWith(value) && (form.length === value.length || form.charCodeAt(value.length) === 0x2f);
  }
}

/** A value that has no canonical form is a path no request gets through with (it is answered 400 before), so it matches nothing. */
function valueOf(value: string, kind: number): string | null {
  if (!value.startsWith("/")) throw new Error(`path match value ${JSON.stringify(value)} does not begin with '/'`);
  const path = canonicalPath(value);
  if (typeof path !== "string") return null;
  const form = comparisonForm(path);
  return kind === RULE_KIND.PREFIX && form.endsWith("/") ? form.slice(0, -1) : form;
}
