import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { LOCKS, missingEntries } from "../scripts/complete-lockfile.mjs";

for (const file of LOCKS) {
  const name = file.pathname.split("/").slice(-2).join("/");
  const text = readFileSync(file, "utf8");

  test(`${name} names every platform's packages, so that \`npm ci\` takes it anywhere`, () => {
    assert.deepEqual(Object.keys(missingEntries(JSON.parse(text).packages)), [], "run: node scripts/complete-lockfile.mjs");
  });

  test(`${name} names no registry`, () => {
    assert.doesNotMatch(text, /"resolved"|https?:\/\/[^"]*registry/);
  });
}
