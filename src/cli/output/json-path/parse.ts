import { EXIT, UserError } from "../../../lib/errors.ts";

/**
 * Templates of `-o jsonpath=`, as kubectl has them (https://kubernetes.io/docs/reference/kubectl/jsonpath/): text with expressions
 * in braces, `{range PATH}…{end}` for each value, and quoted text in braces for line breaks.
 */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "path"; readonly steps: readonly Step[] }
  | { readonly kind: "range"; readonly steps: readonly Step[]; readonly pieces: readonly Piece[] };

export type Step =
  /** `.name`, `['name']`, `['a','b']`. */
  | { readonly kind: "fields"; readonly names: readonly string[] }
  /** `[0]`, `[-1]`, `[0,2]`. */
  | { readonly kind: "indexes"; readonly indexes: readonly number[] }
  /** `[1:3]`; absent ends are open. */
  | { readonly kind: "slice"; readonly from: number | undefined; readonly to: number | undefined }
  /** `.*` and `[*]`. */
  | { readonly kind: "each" }
  /** `..`: the value and everything below it. */
  | { readonly kind: "descend" }
  /** `[?(@.type=="Ready")]`, `[?(@.name)]`. */
  | { readonly kind: "filter"; readonly path: readonly Step[]; readonly test: Comparison | null };

export interface Comparison {
  readonly operator: "==" | "!=" | "<" | "<=" | ">" | ">=";
  readonly value: string | number | boolean | null;
}

/** A template. Throws a UserError (exit code 2) that says where it stops making sense. */
export function parseTemplate(text: string): readonly Piece[] {
  // Without braces it can only be meant as one path.
  const reader = new Reader(text.includes("{") ? text : `{${text}}`);
  const pieces = reader.pieces(false);
  reader.requireEnd();
  return pieces;
}

/** One path, with or without braces and leading dot: `.metadata.name`, `{.spec.ports[0].port}`, `metadata.name`. */
export function parsePath(text: string): readonly Step[] {
  const inner = /^\{(.*)\}$/s.exec(text.trim())?.[1] ?? text.trim();
  const reader = new Reader(/^[.$@[]/.test(inner) ? inner : `.${inner}`);
  const steps = reader.path();
  reader.requireEnd();
  return steps;
}

/** A name may hold what its quotes or a backslash protect: `.metadata.annotations.example\.com/x`. */
const NAME = /(?:\\.|[^\s.[\](){}'"=!<>,\\])+/y;
const NUMBER = /-?\d+/y;
const LITERAL = /(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|(-?\d+(?:\.\d+)?)|(true|false|null)\b)/y;
const OPERATOR = /==|!=|<=|>=|<|>/y;
const BLANK = /\s+/y;
const MAX_DEPTH = 20;

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  requireEnd(): void {
    if (this.#at < this.#text.length) this.#fail("nothing more is expected");
  }

  /** Up to the end, or with `inRange` up to its `{end}`. */
  pieces(inRange: boolean): Piece[] {
    const pieces: Piece[] = [];
    while (this.#at < this.#text.length) {
      const brace = this.#text.indexOf("{", this.#at);
      const upTo = brace < 0 ? this.#text.length : brace;
      if (upTo > this.#at) pieces.push({ kind: "text", text: this.#text.slice(this.#at, upTo) });
      this.#at = upTo;
      if (brace < 0) break;
      this.#at += 1;
      if (this.#expression(pieces)) {
        if (inRange) return pieces;
        this.#fail("{end} without {range}");
      }
    }
    if (inRange) this.#fail("{range} without {end}");
    return pieces;
  }

  path(): Step[] {
    const steps: Step[] = [];
    if (this.#text[this.#at] === "$" || this.#text[this.#at] === "@") this.#at += 1;
    for (;;) {
      if (this.#take("..")) {
        steps.push({ kind: "descend" });
        if (this.#text[this.#at] !== "[") steps.push(this.#named());
      } else if (this.#take(".")) {
        // `{.}` is the value itself.
        const next = this.#text[this.#at];
        if (next !== undefined && !/[\s}[]/.test(next)) steps.push(this.#named());
      } else if (this.#take("[")) {
        steps.push(this.#bracket());
      } else return steps;
    }
  }

  /** What stands in braces; true for `{end}`. */
  #expression(pieces: Piece[]): boolean {
    for (;;) {
      this.#match(BLANK);
      if (this.#take("}")) return false;
      const word = this.#text.slice(this.#at);
      if (/^end\s*\}/.test(word)) {
        this.#at += word.indexOf("}") + 1;
        return true;
      }
      if (/^range\s/.test(word)) {
        this.#at += "range".length;
        this.#match(BLANK);
        const steps = this.path();
        this.#match(BLANK);
        if (!this.#take("}")) this.#fail("} is missing");
        if ((this.#depth += 1) > MAX_DEPTH) this.#fail("ranges stand too deep in each other");
        pieces.push({ kind: "range", steps, pieces: this.pieces(true) });
        this.#depth -= 1;
        return false;
      }
      const literal = /^['"]/.test(word) ? this.#match(LITERAL) : null;
      if (literal !== null) pieces.push({ kind: "text", text: unescaped(literal[1] ?? literal[2] ?? "") });
      else if (/^[.$@[]/.test(word)) pieces.push({ kind: "path", steps: this.path() });
      else if (/^[A-Za-z_]/.test(word)) pieces.push({ kind: "path", steps: [this.#named(), ...this.path()] });
      else this.#fail(word === "" ? "} is missing" : "a path begins with a dot");
    }
  }

  #named(): Step {
    if (this.#take("*")) return { kind: "each" };
    const name = this.#match(NAME)?.[0];
    if (name === undefined) this.#fail("a field's name is missing");
    return { kind: "fields", names: [name.replace(/\\(.)/g, "$1")] };
  }

  #bracket(): Step {
    this.#match(BLANK);
    const step = this.#insideBracket();
    this.#match(BLANK);
    if (!this.#take("]")) this.#fail("] is missing");
    return step;
  }

  #insideBracket(): Step {
    if (this.#take("*")) return { kind: "each" };
    if (this.#take("?(")) return this.#filter();
    if (this.#text[this.#at] === "'" || this.#text[this.#at] === '"') {
      return { kind: "fields", names: this.#listed(() => String(this.#literal())) };
    }
    const from = this.#number();
    if (this.#take(":")) return { kind: "slice", from, to: this.#number() };
    if (from === undefined) this.#fail("a number, a quoted name, * or ?() is missing");
    if (!this.#take(",")) return { kind: "indexes", indexes: [from] };
    return { kind: "indexes", indexes: [from, ...this.#listed(() => this.#number() ?? this.#fail("a number is missing"))] };
  }

  #filter(): Step {
    this.#match(BLANK);
    if (this.#text[this.#at] !== "@") this.#fail("a filter begins with @");
    const path = this.path();
    this.#match(BLANK);
    const operator = this.#match(OPERATOR)?.[0] as Comparison["operator"] | undefined;
    this.#match(BLANK);
    const test = operator === undefined ? null : { operator, value: this.#literal() };
    this.#match(BLANK);
    if (!this.#take(")")) this.#fail(") is missing");
    return { kind: "filter", path, test };
  }

  #listed<T>(one: () => T): T[] {
    const found = [one()];
    while (this.#take(",")) {
      this.#match(BLANK);
      found.push(one());
    }
    return found;
  }

  #number(): number | undefined {
    const found = this.#match(NUMBER);
    return found === null ? undefined : Number(found[0]);
  }

  #literal(): string | number | boolean | null {
    const found = this.#match(LITERAL);
    if (found === null) this.#fail("a value is missing: text stands in quotes");
    const [, single, double, number, word] = found;
    if (number !== undefined) return Number(number);
    if (word !== undefined) return word === "null" ? null : word === "true";
    return unescaped(single ?? double ?? "");
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }

  #fail(message: string): never {
    throw new UserError(`the JSONPath ${this.#text} makes no sense at character ${this.#at + 1}: ${message}`, {
      exitCode: EXIT.USAGE,
      hint: 'For example {.metadata.name} or {range .items[*]}{.metadata.name}{"\\n"}{end}.',
    });
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_all, char: string) => ESCAPES[char] ?? char);
}
