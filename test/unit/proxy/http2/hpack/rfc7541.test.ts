import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteWriter } from "../../../../../src/proxy/http1/codec/byte-writer.ts";
import { HpackDecoder } from "../../../../../src/proxy/http2/codec/hpack/decoder.ts";
import { HUFFMAN_NEVER, HpackEncoder, writeInteger } from "../../../../../src/proxy/http2/codec/hpack/encoder.ts";
import { STATIC_COUNT, STATIC_NAMES, STATIC_VALUES } from "../../../../../src/proxy/http2/codec/hpack/static-table.ts";
import { FieldList, decodeBlock, encodeBlock } from "./fields.ts";

const DATE_21 = "Mon, 21 Oct 2013 20:13:21 GMT";
const DATE_22 = "Mon, 21 Oct 2013 20:13:22 GMT";
const COOKIE = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
const GET: [string, string][] = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "www.example.com"],
];
const GET_FRESH: [string, string][] = [...GET, ["cache-control", "no-cache"]];
const GET_INDEX: [string, string][] = [
  [":method", "GET"],
  [":scheme", "https"],
  [":path", "/index.html"],
  [":authority", "www.example.com"],
  ["custom-key", "custom-value"],
];
const found = (status: string, date: string): [string, string][] => [
  [":status", status],
  ["cache-control", "private"],
  ["date", date],
  ["location", "https://www.example.com"],
];
const OK: [string, string][] = [...found("200", DATE_22), ["content-encoding", "gzip"], ["set-cookie", COOKIE]];

/** Sequences on one connection: section, table limit, blocks with the fields and the table size after each. */
const SEQUENCES: readonly [string, number, readonly [string, [string, string][], number][]][] = [
  [
    "C.3",
    4_096,
    [
      ["828684410f7777772e6578616d706c652e636f6d", GET, 57],
      ["828684be58086e6f2d6361636865", GET_FRESH, 110],
      ["828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565", GET_INDEX, 164],
    ],
  ],
  [
    "C.4",
    4_096,
    [
      ["828684418cf1e3c2e5f23a6ba0ab90f4ff", GET, 57],
      ["828684be5886a8eb10649cbf", GET_FRESH, 110],
      ["828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", GET_INDEX, 164],
    ],
  ],
  [
    "C.5",
    256,
    [
      [
        "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54" +
          "6e1768747470733a2f2f7777772e6578616d706c652e636f6d",
        found("302", DATE_21),
        222,
      ],
      ["4803333037c1c0bf", found("307", DATE_21), 222],
      [
        "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b42" +
          "5a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
        OK,
        215,
      ],
    ],
  ],
  [
    "C.6",
    256,
    [
      [
        "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
        found("302", DATE_21),
        222,
      ],
      ["4883640effc1c0bf", found("307", DATE_21), 222],
      [
        "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f36" +
          "72c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
        OK,
        215,
      ],
    ],
  ],
];

for (const [section, limit, blocks] of SEQUENCES) {
  test(`RFC 7541 ${section}: fields and table size after each block`, () => {
    const decoder = new HpackDecoder(limit);
    for (const [wire, fields, size] of blocks) {
      assert.deepEqual(decodeBlock(decoder, Buffer.from(wire, "hex")), fields);
      assert.equal(decoder.tableSize, size);
    }
  });
}

test("RFC 7541 C.1: integers", () => {
  for (const [bits, value, wire] of [
    [5, 10, "0a"],
    [5, 1_337, "1f9a0a"],
    [8, 42, "2a"],
  ] as const) {
    const out = new ByteWriter(8);
    writeInteger(out, 0, bits, value);
    assert.equal(out.bytes.toString("hex", 0, out.length), wire);
  }
});

test("RFC 7541 C.2: each representation", () => {
  for (const [wire, name, value, size, never] of [
    ["400a637573746f6d2d6b65790d637573746f6d2d686561646572", "custom-key", "custom-header", 55, false],
    ["040c2f73616d706c652f70617468", ":path", "/sample/path", 0, false],
    ["100870617373776f726406736563726574", "password", "secret", 0, true],
    ["82", ":method", "GET", 0, false],
  ] as const) {
    const decoder = new HpackDecoder(4_096);
    const list = new FieldList();
    const block = Buffer.from(wire, "hex");
    assert.equal(decoder.decode(block, 0, block.length, list), null);
    assert.deepEqual(list.pairs, [[name, value]]);
    assert.deepEqual(list.never, never ? [name] : []);
    assert.equal(decoder.tableSize, size);
  }
});

test("RFC 7541 appendix A: every static entry by its index", () => {
  const decoder = new HpackDecoder(4_096);
  for (let index = 1; index <= STATIC_COUNT; index += 1) {
    assert.deepEqual(decodeBlock(decoder, Buffer.from([0x80 | index])), [[STATIC_NAMES[index], STATIC_VALUES[index]]]);
  }
  assert.equal(STATIC_COUNT, 61);
});

/** Blocks that must be refused: rule, bytes, code. Those with a first block set up the table. */
const BAD: readonly [string, string, string][] = [
  ["2.3.3: index 0", "80", "hpack-index"],
  ["2.3.3: index behind both tables", "be", "hpack-index"],
  ["2.3.3: name index behind both tables", "7f0001", "hpack-index"],
  ["2.3.3: far index", "ffff7f", "hpack-index"],
  ["3.2: literal without value", "400161", "hpack-truncated"],
  ["3.2: literal without name", "40", "hpack-truncated"],
  ["3.2: value shorter than its length", "40016105aabb", "hpack-truncated"],
  ["5.1: integer without end", "ff8080", "hpack-truncated"],
  ["5.1: integer of too many bytes", "ff808080808001", "hpack-integer"],
  ["5.1: length of too many bits", "40017fffffffff7f", "hpack-truncated"],
  ["5.1: length beyond all limits", "407fffffffffff7f61", "hpack-integer"],
  ["5.2: padding of more than seven bits", "4081ff0161", "hpack-huffman"],
  ["5.2: padding of eight ones behind a symbol", "40821fff0161", "hpack-huffman"],
  ["5.2: padding with a zero", "4081180161", "hpack-huffman"],
  ["5.2: EOS inside", "4084ffffffff0161", "hpack-huffman"],
  ["6.3: update above the limit", "3fe21f", "hpack-size-update"],
  ["4.2: update behind a field", "8220", "hpack-size-update"],
];

for (const [rule, wire, code] of BAD) {
  test(`RFC 7541 ${rule}: ${code}, and for good`, () => {
    const decoder = new HpackDecoder(4_096);
    const block = Buffer.from(wire, "hex");
    assert.throws(() => decodeBlock(decoder, block), { message: code });
    assert.throws(() => decodeBlock(decoder, Buffer.from([0x82])), { message: code });
  });
}

test("RFC 7541 4.2: a lower limit has to be confirmed by the next block, once", () => {
  const decoder = new HpackDecoder(4_096);
  decodeBlock(decoder, Buffer.from("400161016240016301644001650166", "hex"));
  assert.equal(decoder.tableSize, 102);
  decoder.setLimit(68);
  assert.deepEqual(decodeBlock(decoder, Buffer.from("3f25be", "hex")), [["e", "f"]]);
  assert.equal(decoder.tableSize, 68);
  assert.deepEqual(decodeBlock(decoder, Buffer.from("bf", "hex")), [["c", "d"]]);
  decoder.setLimit(10);
  assert.throws(() => decodeBlock(decoder, Buffer.from("82", "hex")), { message: "hpack-missing-update" });
});

test("RFC 7541 4.2: two changes between blocks are the lowest and the last", () => {
  const encoder = new HpackEncoder(4_096, HUFFMAN_NEVER);
  encodeBlock(encoder, [["a", "b"]]);
  encoder.setLimit(0);
  encoder.setLimit(1_000);
  const block = encodeBlock(encoder, [["a", "b"]]);
  assert.equal(block.toString("hex", 0, 4), "203fc907");
  assert.equal(encodeBlock(encoder, [["a", "b"]]).toString("hex"), "be");
});

test("RFC 7541 4.4: an entry larger than the table empties it", () => {
  const decoder = new HpackDecoder(100);
  decodeBlock(decoder, Buffer.from("4001610162", "hex"));
  assert.equal(decoder.tableSize, 34);
  decodeBlock(decoder, Buffer.concat([Buffer.from("40016364", "hex"), Buffer.alloc(100, 0x78)]));
  assert.equal(decoder.tableSize, 0);
});

test("RFC 7541 2.3.2: names and values with every byte, kept as they are", () => {
  const decoder = new HpackDecoder(4_096);
  const encoder = new HpackEncoder(4_096, 2);
  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
  assert.deepEqual(decodeBlock(decoder, encodeBlock(encoder, [["x", all]])), [["x", all]]);
  for (const character of all) {
    const value = character.repeat(5);
    assert.deepEqual(decodeBlock(decoder, encodeBlock(encoder, [["x", value]])), [["x", value]]);
  }
});
