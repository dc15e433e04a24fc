/** A value, or a beginning followed by `*`; empty means anything. */
export class Pattern {
  readonly #value: string;
  readonly #isPrefix: boolean;

  /** Throws an Error for a `*` that is not the last character. */
  constructor(text: string) {
    const star = text.indexOf("*");
    if (star !== -1 && star !== text.length - 1) throw new Error(`pattern ${JSON.stringify(text)}: '*' may only be the last character`);
    this.#isPrefix = star !== -1 || text === "";
    this.#value = star === -1 ? text : text.slice(0, star);
  }

  matches(value: string): boolean {
    return this.#isPrefix ? value.startsWith(this.#value) : value === this.#value;
  }
}
