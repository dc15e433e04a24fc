import assert from "node:assert/strict";
import { test } from "node:test";
import { LinePrefix } from "../../../../src/local/run/line-prefix.ts";

function feed(...chunks: (string | Buffer)[]): string[] {
  const written: string[] = [];
  const prefix = new LinePrefix("a | ", (text) => written.push(text));
  for (const chunk of chunks) prefix.push(Buffer.from(chunk as string));
  prefix.end();
  return written;
}

test("each line gets the prefix, however the bytes are cut", () => {
  assert.deepEqual(feed("one\ntwo\n"), ["a | one\na | two\n"]);
  assert.deepEqual(feed("on", "e\nt", "wo\n").join(""), "a | one\na | two\n");
  assert.deepEqual(feed("no end"), ["a | no end\n"]);
  assert.deepEqual(feed("\n\n"), ["a | \na | \n"]);
  assert.deepEqual(feed(), []);
});

test("a character cut in two stays whole", () => {
  const bytes = Buffer.from("prix 5 €\n");
  assert.deepEqual(feed(bytes.subarray(0, 8), bytes.subarray(8)).join(""), "a | prix 5 €\n");
});

test("output without line ends does not pile up", () => {
  const written = feed(...Array.from({ length: 40 }, () => "x".repeat(4096)));
  assert.equal(written.join("").replaceAll(/[^x]/g, "").replace(/a/g, "").length, 40 * 4096);
  assert.ok(written.length >= 2);
});
