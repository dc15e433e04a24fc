import assert from "node:assert/strict";
import { test } from "node:test";
import { closest } from "../../../src/lib/closest.ts";

const fields = ["weight", "name", "namespace", "port", "backendRefs", "to"];
const table: [word: string, meant: string | null][] = [
  ["wieght", "weight"],
  ["Weight", "weight"],
  ["weigth", "weight"],
  ["backendRef", "backendRefs"],
  ["nam", "name"],
  ["ports", "port"],
  ["colour", null],
  ["x", null],
  ["", null],
  ["w".repeat(100_000), null],
];
for (const [word, meant] of table) test(`${word.slice(0, 20)} → ${meant}`, () => assert.equal(closest(word, fields), meant));
