import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const pages = [
  "README.md",
  "CHANGELOG.md",
  "SECURITY.md",
  ...readdirSync(join(root, "docs"), { recursive: true }).map((name) => join("docs", String(name))),
].filter((name) => name.endsWith(".md"));

/** Code spans that name something in this tree: `src/…`, `test/…`, `docs/…` and so on, without placeholders. */
const TREE_PATH = /`((?:bin|src|templates|test|fixtures|docs|scripts|\.ci)\/[A-Za-z0-9_.\-/]+)`/g;
const LINK = /\]\(([^)#\s]+)(?:#[^)]*)?\)/g;

for (const page of pages) {
  test(`${page}: every path and link leads somewhere`, () => {
    const text = readFileSync(join(root, page), "utf8");
    const dead: string[] = [];
    for (const [, path] of text.matchAll(TREE_PATH)) {
      if (path && !existsSync(join(root, path))) dead.push(path);
    }
    for (const [, link] of text.matchAll(LINK)) {
      if (!link || /^[a-z]+:/.test(link)) continue;
      if (!existsSync(join(root, normalize(join(dirname(page), link))))) dead.push(link);
    }
    assert.deepEqual(dead, []);
  });
}

test("README's two commands exist", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const scripts = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts as Record<string, string>;
  for (const line of ["npm ci && npm run demo", "npm ci && npm test"]) assert.ok(readme.includes(line), line);
  assert.ok(scripts.demo && scripts.test && scripts.prepare);
});
