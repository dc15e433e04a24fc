import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { missingEntries } from "../scripts/complete-lockfile.mjs";

const text = readFileSync(new URL("../package-lock.json", import.meta.url), "utf8");

test("the lock names every platform's packages, so that `npm ci` takes it anywhere", () => {
  assert.deepEqual(Object.keys(missingEntries(JSON.parse(text).packages)), [], "run: node scripts/complete-lockfile.mjs");
});

test("the lock names no registry", () => {
  assert.doesNotMatch(text, /"resolved"|https?:\/\/[^"]*registry/);
});
