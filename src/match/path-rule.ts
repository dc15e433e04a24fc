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
  /** Comparison form; a prefix without its last slash. Null: no request can have this path. */
  readonly value: string | null;
  readonly #regex: CompiledRegex | null;

  /** Throws an Error for a kind that is not known, a value without leading slash, and a bad pattern. */
  constructor(rule: StringRule | undefined) {
    const kind = rule?.kind ?? RULE_KIND.UNSPECIFIED;
    if (kind < RULE_KIND.UNSPECIFIED || kind > RULE_KIND.REGEX) throw new Error(`path match kind ${kind} is not known`);
    this.#regex = kind === RULE_KIND.REGEX ? compileRegex(rule?.value ?? "") : null;
    this.value = kind === RULE_KIND.EXACT || kind === RULE_KIND.PREFIX ? valueOf(rule?.value ?? "", kind) : "";
    // Everything begins with `/`, and the `*` of `OPTIONS *` (RFC 9112 3.2.4) belongs to every path.
    this.kind = kind === RULE_KIND.PREFIX && this.value === "" ? RULE_KIND.UNSPECIFIED : kind;
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
