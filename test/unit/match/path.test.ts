import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { canonicalPath, checkQuery, readTarget, TargetParts } from "../../../src/match/path.ts";

/** What comes in, and either its canonical form (begins with `/`) or the code of the refusal. */
const TABLE: readonly (readonly [raw: string, expected: string])[] = [
  // Ordinary: the same.
  ["/", "/"],
  ["/a", "/a"],
  ["/a/", "/a/"],
  ["/a/b.c/d-e_f~g", "/a/b.c/d-e_f~g"],
  ["/a:b@c!d$e&f'g(h)i*j+k,l=m", "/a:b@c!d$e&f'g(h)i*j+k,l=m"],
  ['/items[0]|{x}^`"<>', '/items[0]|{x}^`"<>'],
  ["/.well-known/x", "/.well-known/x"],
  ["/...", "/..."],
  ["/a/..b/c", "/a/..b/c"],
  ["/a/b..", "/a/b.."],
  ["/a/.b./c", "/a/.b./c"],
  // RFC 3986 5.2.4: dot segments.
  ["/.", "/"],
  ["/./", "/"],
  ["/a/.", "/a/"],
  ["/a/./b", "/a/b"],
  ["/a/..", "/"],
  ["/a/../", "/"],
  ["/a/../b", "/b"],
  ["/a/b/../c", "/a/c"],
  ["/a/b/../../c", "/c"],
  ["/a/b/c/./../../g", "/a/g"],
  ["/a/b/..", "/a/"],
  ["/a/./../b/.", "/b/"],
  ["/..", "climbs-out"],
  ["/../a", "climbs-out"],
  ["/a/../../b", "climbs-out"],
  ["/./../a", "climbs-out"],
  // RFC 3986 6.2.2: dots and other unreserved characters in disguise.
  ["/%2e", "/"],
  ["/a/%2E%2e/b", "/b"],
  ["/a/.%2e/b", "/b"],
  ["/a/%2e./b", "/b"],
  ["/a/%2e%2e", "/"],
  ["/%2e%2e/a", "climbs-out"],
  ["/%61dmin", "/admin"],
  ["/%41%5A%5a%30%2D%5f%7E", "/AZZ0-_~"],
  ["/a%2eb", "/a.b"],
  // Upper-case hexadecimal, and nothing decoded twice.
  ["/a%3ab", "/a%3Ab"],
  ["/a%20b", "/a%20b"],
  ["/a%3fb%23c", "/a%3Fb%23c"],
  ["/a%3bb", "/a%3Bb"],
  ["/%25", "/%25"],
  ["/%252e%252e/a", "/%252e%252e/a"],
  ["/%252Fa", "/%252Fa"],
  ["/%2561dmin", "/%2561dmin"],
  ["/%25%36%31", "/%2561"],
  // Empty segments.
  ["//", "/"],
  ["///", "/"],
  ["//a", "/a"],
  ["/a//b", "/a/b"],
  ["/a///b//", "/a/b/"],
  ["//a/../b", "/b"],
  ["/a//b/../c", "/a/c"],
  ["/a//../b", "empty-then-parent"],
  ["/a//./../b", "empty-then-parent"],
  ["/a/b//c/../../d", "empty-then-parent"],
  ["//..", "empty-then-parent"],
  // Separators in disguise.
  ["/a%2fb", "encoded-slash"],
  ["/a%2Fb", "encoded-slash"],
  ["/..%2fa", "encoded-slash"],
  ["/a\\b", "backslash"],
  ["/a%5cb", "backslash"],
  ["/a%5C..%5Cb", "backslash"],
  ["/admin;x=1", "parameter"],
  ["/..;/admin", "parameter"],
  ["/;", "parameter"],
  // RFC 9112 3.2: what a target cannot hold.
  ["", "no-leading-slash"],
  ["a", "no-leading-slash"],
  ["*", "no-leading-slash"],
  ["http://a/b", "no-leading-slash"],
  ["%2Fa", "no-leading-slash"],
  ["\\a", "no-leading-slash"],
  ["/a#b", "fragment"],
  ["/a?b", "fragment"],
  ["/a b", "control"],
  ["/a\tb", "control"],
  ["/a\u0000", "control"],
  ["/a\u007f", "control"],
  ["/a\r\nb", "control"],
  ["/a%00", "control"],
  ["/a%0d%0ab", "control"],
  ["/a%1F", "control"],
  ["/a%7f", "control"],
  ["/caf\u00e9", "non-ascii"],
  ["/\u00c0\u00af", "non-ascii"],
  ["/\uff0f", "non-ascii"],
  // RFC 3986 2.1.
  ["/%", "bad-percent"],
  ["/%2", "bad-percent"],
  ["/%zz", "bad-percent"],
  ["/%2/e", "bad-percent"],
  ["/%u002e", "bad-percent"],
  ["/%%32%65", "bad-percent"],
  ["/%+1", "bad-percent"],
  // RFC 3629: no overlong slash or dot, no surrogates, nothing cut short.
  ["/caf%c3%a9", "/caf%C3%A9"],
  ["/%e2%82%ac", "/%E2%82%AC"],
  ["/%f0%9f%98%80", "/%F0%9F%98%80"],
  ["/%ef%bc%8f", "/%EF%BC%8F"],
  ["/%c0%af", "bad-utf8"],
  ["/%c0%ae%c0%ae/a", "bad-utf8"],
  ["/%e0%80%af", "bad-utf8"],
  ["/%f0%80%80%af", "bad-utf8"],
  ["/%ed%a0%80", "bad-utf8"],
  ["/%f4%90%80%80", "bad-utf8"],
  ["/%f5%80%80%80", "bad-utf8"],
  ["/%e9", "bad-utf8"],
  ["/%80", "bad-utf8"],
  ["/%c3/%a9", "bad-utf8"],
  ["/%c3a", "bad-utf8"],
  ["/%c3%41", "bad-utf8"],
  ["/%e2%82", "bad-utf8"],
];

for (const [raw, expected] of TABLE) {
  test(`${JSON.stringify(raw)} → ${expected}`, () => {
    const result = canonicalPath(raw);
    assert.equal(typeof result === "string" ? result : result.code, expected);
  });
}

/** Paths made of the pieces that make trouble. */
const nastyPath = fc
  .array(
    fc.constantFrom(
      "/",
      "/",
      ".",
      "..",
      "a",
      "admin",
      "%2e",
      "%2E%2e",
      "%2f",
      "%5c",
      "%25",
      "%61",
      ";",
      "%3b",
      "\\",
      "%c3%a9",
      "%c0",
      "é",
      "%",
      "?",
      "#",
      " ",
      "~",
    ),
    { maxLength: 12 },
  )
  .map((pieces) => `/${pieces.join("")}`);

test("canonicalising twice changes nothing", () => {
  fc.assert(
    fc.property(nastyPath, (raw) => {
      const once = canonicalPath(raw);
      if (typeof once === "string") assert.equal(canonicalPath(once), once);
    }),
    { numRuns: 2_000 },
  );
});

test("a canonical path has no dot or empty segment, no disguise and no byte a server could trip over", () => {
  fc.assert(
    fc.property(nastyPath, (raw) => {
      const path = canonicalPath(raw);
      if (typeof path !== "string") return;
      assert.match(path, /^\/[\x21-\x7e]*$/);
      assert.doesNotMatch(path, /\/\/|[\\;#?]/);
      for (const [, hex = ""] of path.matchAll(/%(..)/g)) {
        assert.match(hex, /^[0-9A-F]{2}$/);
        assert.doesNotMatch(String.fromCharCode(Number.parseInt(hex, 16)), /[\w.~\-/\\\0-\x1f\x7f]/, path);
      }
      for (const segment of path.split("/")) assert.ok(segment !== "." && segment !== "..", path);
      // An independent reader agrees: WHATWG's parser finds nothing left to resolve.
      assert.equal(new URL(`http://h${path.replaceAll(/["<>`{}^]/g, "x")}`).pathname, path.replaceAll(/["<>`{}^]/g, "x"));
    }),
    { numRuns: 2_000 },
  );
});

test("every spelling of one path comes out the same", () => {
  const letters = fc.stringMatching(/^[a-z0-9._~-]{1,6}$/).filter((text) => text !== "." && text !== "..");
  const spelled = fc.array(
    fc.record({ text: letters, encode: fc.nat(0xff), lower: fc.boolean(), noise: fc.constantFrom("", "./", "x/../", "%2e/") }),
    {
      minLength: 1,
      maxLength: 5,
    },
  );
  fc.assert(
    fc.property(spelled, (segments) => {
      const plain = segments.map(({ text }) => `/${text}`).join("");
      const disguised = segments
        .map(({ text, encode, lower, noise }) => {
          const spelling = [...text].map((char, index) => {
            const hex = `%${char.charCodeAt(0).toString(16)}`;
            return (encode >> index) & 1 ? (lower ? hex : hex.toUpperCase()) : char;
          });
          return `/${noise}${spelling.join("")}`;
        })
        .join("");
      assert.equal(canonicalPath(disguised), plain);
    }),
  );
});

test("an ordinary target is forwarded as the same string", () => {
  const parts = new TargetParts();
  const target = "/items/42?sort=asc&q=100%";
  assert.equal(readTarget(target, parts), null);
  assert.deepEqual({ ...parts }, { path: "/items/42", query: "sort=asc&q=100%", forward: target });
  assert.equal(readTarget("/a/./b?x=../..", parts), null);
  assert.deepEqual({ ...parts }, { path: "/a/b", query: "x=../..", forward: "/a/b?x=../.." });
  assert.equal(readTarget("/a?", parts), null);
  assert.deepEqual({ ...parts }, { path: "/a", query: "", forward: "/a?" });
  assert.equal(readTarget("/a//b", parts), null);
  assert.deepEqual({ ...parts }, { path: "/a/b", query: "", forward: "/a/b" });
});

test("a refusal leaves the parts alone", () => {
  const parts = new TargetParts();
  for (const target of ["/a;b?x", "/a?b#c", "/a?b c", "/a?\u00e9", "?x", "/a?\u0000"]) {
    assert.notEqual(readTarget(target, parts), null, target);
    assert.deepEqual({ ...parts }, { path: "/", query: "", forward: "/" });
  }
});

test("queries pass as sent, within visible ASCII", () => {
  for (const query of ["", "a=b", "a[]=1&b={}", "q=100%", "a\\b", "a/../b?c", "x;y", '"<>|^`'])
    assert.equal(checkQuery(query), null, query);
  assert.equal(checkQuery("a b")?.code, "control");
  assert.equal(checkQuery("a#b")?.code, "fragment");
  assert.equal(checkQuery("a\u0080")?.code, "non-ascii");
});
