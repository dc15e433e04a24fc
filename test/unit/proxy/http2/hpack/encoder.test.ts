import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ByteWriter } from "../../../../../src/proxy/http1/codec/byte-writer.ts";
import { HpackDecoder } from "../../../../../src/proxy/http2/codec/hpack/decoder.ts";
import { HUFFMAN_ALWAYS, HUFFMAN_NEVER, HpackEncoder } from "../../../../../src/proxy/http2/codec/hpack/encoder.ts";
import { FieldList, decodeBlock, encodeBlock } from "./fields.ts";

const request: [string, string][] = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/orders/7"],
  [":authority", "api:80"],
  ["user-agent", "curl/8"],
  ["x-team", "blue"],
];

test("a request that repeats is one byte a field", () => {
  const encoder = new HpackEncoder(4_096);
  assert.ok(encodeBlock(encoder, request).length > request.length);
  for (let round = 0; round < 3; round += 1) assert.equal(encodeBlock(encoder, request).length, request.length);
});

test("a few values in turn stay one byte each", () => {
  const encoder = new HpackEncoder(4_096);
  const paths = ["/a", "/b", "/c", "/d"];
  for (const path of paths) encodeBlock(encoder, [[":path", path]]);
  for (const path of [...paths, ...paths]) assert.equal(encodeBlock(encoder, [[":path", path]]).length, 1);
});

test("a name whose values never repeat leaves the table to the others", () => {
  const encoder = new HpackEncoder(4_096);
  encodeBlock(encoder, request);
  for (let id = 0; id < 1_000; id += 1) encodeBlock(encoder, [["x-request-id", `00000000-0000-4000-8000-${String(id).padStart(12, "0")}`]]);
  assert.equal(encodeBlock(encoder, request).length, request.length);
  // And is found again once it does repeat.
  const repeated: [string, string][] = [["x-request-id", "the same"]];
  encodeBlock(encoder, repeated);
  encodeBlock(encoder, repeated);
  assert.equal(encodeBlock(encoder, repeated).length, 1);
});

test("secrets, and what came as never indexed, are never indexed (RFC 7541 7.1.3, 6.2.3)", () => {
  const encoder = new HpackEncoder(4_096);
  const decoder = new HpackDecoder(4_096);
  for (let round = 0; round < 3; round += 1) {
    const out = new ByteWriter(64);
    encoder.begin(out);
    encoder.field(out, "authorization", "Bearer abc");
    encoder.field(out, "cookie", "a=b");
    encoder.field(out, "x-token", "t", true);
    const list = new FieldList();
    assert.equal(decoder.decode(out.bytes, 0, out.length, list), null);
    assert.deepEqual(list.never, ["authorization", "cookie", "x-token"]);
    assert.equal(decoder.tableSize, 0);
  }
});

test("a value larger than a quarter of the table is not kept", () => {
  const encoder = new HpackEncoder(4_096);
  const decoder = new HpackDecoder(4_096);
  decodeBlock(decoder, encodeBlock(encoder, [["x-big", "v".repeat(1_000)]]));
  assert.equal(decoder.tableSize, 0);
});

test("more names than are remembered are still sent", () => {
  const encoder = new HpackEncoder(4_096);
  const decoder = new HpackDecoder(4_096);
  const many = Array.from({ length: 600 }, (_, index): [string, string] => [`x-${index}`, String(index)]);
  for (let round = 0; round < 2; round += 1) assert.deepEqual(decodeBlock(decoder, encodeBlock(encoder, many)), many);
});

test("bytes of an HTTP/1 head give the same block as text", () => {
  const text = new HpackEncoder(4_096);
  const bytes = new HpackEncoder(4_096);
  const fields: [string, string][] = [
    ["Host", "api"],
    ["Accept-Encoding", "gzip, deflate"],
    ["X-Team", "blue"],
    ["Cookie", "secret=1"],
    ["x-empty", ""],
  ];
  for (let round = 0; round < 3; round += 1) {
    const out = new ByteWriter(64);
    bytes.begin(out);
    for (const [name, value] of fields) {
      const line = Buffer.from(`${name}: ${value}`, "latin1");
      bytes.fieldBytes(out, line, 0, name.length, name.length + 2, line.length);
    }
    const lower = fields.map(([name, value]): [string, string] => [name.toLowerCase(), value]);
    assert.deepEqual(Buffer.from(out.bytes.subarray(0, out.length)), encodeBlock(text, lower));
  }
});

const names = fc.constantFrom(":path", ":method", "x-a", "x-b", "accept", "cookie", "content-length");
const values = fc.oneof(
  fc.constantFrom("", "GET", "/", "gzip, deflate", "v"),
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 80 }),
);
const blocks = fc.array(
  fc.record({
    resize: fc.option(fc.integer({ min: 0, max: 5_000 }), { freq: 4 }),
    fields: fc.array(fc.tuple(names, values), { maxLength: 12 }),
  }),
  { maxLength: 12 },
);

test("property: what is decoded is what was encoded, whatever the table sizes do", () => {
  fc.assert(
    fc.property(
      blocks,
      fc.constantFrom(HUFFMAN_NEVER, 1 as const, HUFFMAN_ALWAYS),
      fc.integer({ min: 0, max: 8_192 }),
      (list, huffman, most) => {
        const encoder = new HpackEncoder(most, huffman);
        const decoder = new HpackDecoder(4_096);
        for (const { resize, fields } of list) {
          if (resize !== null) {
            decoder.setLimit(resize);
            encoder.setLimit(resize);
          }
          assert.deepEqual(decodeBlock(decoder, encodeBlock(encoder, fields)), fields);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("property: any bytes give fields or a failure, never a throw", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (list) => {
      const decoder = new HpackDecoder(200);
      for (const bytes of list) {
        const block = Buffer.from(bytes);
        decoder.decode(block, 0, block.length, new FieldList());
        assert.ok(decoder.tableSize <= 200);
      }
    }),
    { numRuns: 1_000 },
  );
});
