import { type CompiledRegex, compileRegex } from "./regex.ts";
import { RULE_KIND, type StringRule } from "./rule.ts";

/** A rule on one header or query parameter: the whole value, exactly or by regular expression. */
export class ValueMatcher {
  readonly #exact: string | null;
  readonly #regex: CompiledRegex | null;

  /** Throws an Error for a kind that values do not have and for a bad pattern. */
  constructor(rule: StringRule | undefined) {
    // Gateway API: the type defaults to Exact.
    const kind = rule?.kind ?? RULE_KIND.EXACT;
    const value = rule?.value ?? "";
    if (kind !== RULE_KIND.EXACT && kind !== RULE_KIND.REGEX && kind !== RULE_KIND.UNSPECIFIED) {
      throw new Error(`match kind ${kind} is not known for a header or query parameter`);
    }
    this.#regex = kind === RULE_KIND.REGEX ? compileRegex(value) : null;
    this.#exact = this.#regex === null ? value : null;
  }

  matches(value: string): boolean {
    return this.#regex === null ? value === this.#exact : this.#regex.testExact(value);
  }
}
