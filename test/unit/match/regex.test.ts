import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { checkRegex, compileRegex, MAX_PATTERN_CHARS } from "../../../src/match/regex.ts";

/** Pattern, value, whether the whole value matches. */
const TABLE: readonly (readonly [string, string, boolean])[] = [
  ["abc", "abc", true],
  ["abc", "abcd", false],
  ["abc", "xabc", false],
  ["a|b", "b", true],
  ["a|b", "ab", false],
  ["", "", true],
  ["", "a", false],
  ["/v[12]/.*", "/v2/x/y", true],
  ["/v[12]/.*", "/v3/x", false],
  ["[^/]+", "a.b", true],
  ["[^/]+", "a/b", false],
  ["(?:a+)+b", `${"a".repeat(200)}c`, false],
  ["(a*)*b", `${"a".repeat(200)}b`, true],
  ["a{2,3}", "aaa", true],
  ["a{2,3}", "aaaa", false],
  ["^abc$", "abc", true],
  ["\\d+\\.\\w+", "12.ab_c", true],
  ["x.*?y", "x1y2y", true],
  ["[a-f0-9]{8}", "deadbeef", true],
  ["(foo|bar)-(\\d)", "bar-7", true],
];

// V8's own linear engine reads the same patterns: a second opinion by an independent implementation.
const LINEAR = "l";
setFlagsFromString("--enable-experimental-regexp-engine");

for (const [pattern, value, matches] of TABLE) {
  test(`/${pattern}/ ${matches ? "matches" : "does not match"} '${value.slice(0, 20)}'`, () => {
    assert.equal(compileRegex(pattern).testExact(value), matches);
    assert.equal(new RegExp(`^(?:${pattern})$`, LINEAR).test(value), matches, "V8");
  });
}

/** What is refused, with the position of the error. */
const REFUSED: readonly (readonly [string, RegExp, number])[] = [
  ["a(", /missing closing \)/, 2],
  ["ab[", /missing closing \]/, 2],
  ["a**", /nested repetition/, 1],
  ["ab(?=c)", /Perl syntax '\(\?='/, 2],
  ["(a)\\1", /invalid escape sequence/, 3],
  ["a{1001}", /invalid repeat count/, 1],
  ["x(a{500}){3}", /invalid repeat count/, 9],
  ["[b-a]", /character class range/, 1],
  ["(?<=a)b", /invalid named capture/, 7],
  ["a".repeat(MAX_PATTERN_CHARS + 1), /longer than 1024/, MAX_PATTERN_CHARS],
  ["(?:[a-z]{100}[0-9]{900}){1}(?:x|y){900}(?:u|v){900}", /unroll to more than 2048/, 0],
];

for (const [pattern, message, position] of REFUSED) {
  test(`'${pattern.slice(0, 30)}' is refused at ${position}`, () => {
    const problem = checkRegex(pattern);
    assert.ok(problem !== null);
    assert.match(problem.message, message);
    assert.equal(problem.position, position);
    assert.throws(() => compileRegex(pattern), /regular expression/);
  });
}

test("a fine pattern has no problem", () => assert.equal(checkRegex("/items/[0-9]+"), null));
