import assert from "node:assert/strict";
import { test } from "node:test";
import { duplicateKey } from "../../../../src/controller/apiserver/duplicate-key.ts";

const table: [json: string, key: string | null][] = [
  ["{}", null],
  ["[]", null],
  ['"a"', null],
  ['{"a":1,"b":2}', null],
  ['{"a":1,"a":2}', "a"],
  ['{"a":1,"\\u0061":2}', "a"],
  ['{ "a" : [ {"a":1} , {"a":2} ] , "b" : {"a":3} }', null],
  ['{"x":{"y":[{"a":1,"b":2,"a":3}]}}', "a"],
  ['{"a":"a","b":"a"}', null],
  ['{"a":["a","a"],"b":"{\\"a\\":1,\\"a\\":2}"}', null],
  ['{"a\\"":1,"a\\\\":2,"a":3}', null],
  ['{"":1,"":2}', ""],
  ['[["a","a"],{"a":true,"b":-1.5e3,"a":null}]', "a"],
];

for (const [json, key] of table) test(`${json} → ${JSON.stringify(key)}`, () => assert.equal(duplicateKey(json), key));
