import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { FAILURE } from "../../../../src/proxy/http2/codec/failure.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const page = readFileSync(join(root, "docs/http2.md"), "utf8");
const rows = page
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .filter((cells) => /^(?:RFC \d+ )?\d/.test(cells[1] ?? ""));
const sourceOf = (path: string): string => readFileSync(join(root, path), "utf8");
const escaped = (text: string): string => text.replaceAll(".", "\\.");

test("each section of docs/http2.md is named by the tests its row points at", () => {
  const missing: string[] = [];
  for (const cells of rows) {
    const sections = (cells[1] as string).split(", ");
    for (const [, path] of cells
      .slice(3)
      .join(" ")
      .matchAll(/`(test\/[^`]+)`/g)) {
      const source = sourceOf(path as string);
      const found = sections.filter((section) => new RegExp(`(?<![\\d.])${escaped(section)}(?![\\d.]\\d)`).test(source));
      if (found.length < sections.length) missing.push(`${sections.join()}: ${path}`);
    }
  }
  assert.ok(rows.length > 45, `${rows.length} rows`);
  assert.deepEqual(missing, []);
});

test("each section the server and client tables name has a row", () => {
  const known = new Set(rows.flatMap((cells) => (cells[1] as string).split(", ")));
  const named = new Set<string>();
  for (const file of ["server-vectors.ts", "client.test.ts", "server.test.ts", "flow.test.ts"]) {
    const source = sourceOf(`test/unit/proxy/http2/${file}`);
    for (const [, section] of source.matchAll(/(?:rule: "|malformed\("|resets\("|test\(")((?:RFC \d+ )?\d+(?:\.\d+)*)[ ,:]/g))
      named.add(section as string);
  }
  assert.deepEqual(
    [...named].filter((section) => !known.has(section) && !/^\d\d,|^16$|^2$/.test(section)),
    [],
  );
});

test("each failure has a code of its own and says where its rule is written", () => {
  const codes = Object.values(FAILURE).map(({ code }) => code);
  assert.equal(new Set(codes).size, codes.length);
  for (const { code, rule } of Object.values(FAILURE)) {
    assert.match(code, /^[a-z0-9-]+$/);
    assert.match(rule, /^RFC \d{4} /);
  }
});
