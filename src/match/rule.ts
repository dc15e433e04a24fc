/**
 * The rules of a request match, by structure: the generated messages fit, and so does anything else
 * of this shape. Numbers of `kind` are those of meshctl.discovery.v1.MatchKind (a test compares them).
 */
export const RULE_KIND = Object.freeze({ UNSPECIFIED: 0, EXACT: 1, PREFIX: 2, REGEX: 3 });

export interface StringRule {
  readonly kind: number;
  readonly value: string;
}

export interface NamedRule {
  /** Headers: lower case. Query parameters: as written, decoded. */
  readonly name: string;
  readonly match: StringRule | undefined;
}

/** All parts must hold; an absent part holds always. */
export interface RequestRule {
  readonly path: StringRule | undefined;
  readonly headers: readonly NamedRule[];
  readonly query: readonly NamedRule[];
  /** Upper-case token, or empty for any. */
  readonly method: string;
}

/** What a rule looks at. `path` is canonical (path.ts), `query` without its question mark. */
export interface Matchable {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  header(name: string): string | undefined;
}
