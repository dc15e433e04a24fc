import assert from "node:assert/strict";

/**
 * What a stream is to hold. Text: exactly this, final line breaks apart. A pattern: somewhere in it. A list: these lines
 * and no others, where blanks between words count as one and `*` stands for any word (ages, generated names).
 */
export type Expected = string | RegExp | readonly string[];

/** Compares; `$NS` is the namespace. */
export function expectText(what: string, seen: string, expected: Expected, namespace: string): void {
  const text = seen.replace(/\n+$/, "");
  if (expected instanceof RegExp) {
    assert.match(text, new RegExp(expected.source.replaceAll("$NS", namespace), expected.flags), what);
  } else if (typeof expected === "string") {
    assert.equal(text, expected.replaceAll("$NS", namespace), what);
  } else {
    const lines = expected.map((line) => line.replaceAll("$NS", namespace));
    const actual = text === "" ? [] : text.split("\n").map((line) => line.trim().split(/\s+/).join(" "));
    const shown = actual.map((line, index) => (fits(line, lines[index] ?? "") ? (lines[index] ?? "") : line));
    assert.deepEqual(shown, lines, what);
  }
}

function fits(line: string, pattern: string): boolean {
  const words = line.split(" ");
  const wanted = pattern.split(" ");
  return words.length === wanted.length && wanted.every((word, index) => word === "*" || word === words[index]);
}
