/** Public stories of field blocks (http2jp/hpack-test-case), read from the folder MESHCTL_CORPORA names. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { HpackDecoder } from "../../../src/proxy/http2/codec/hpack/decoder.ts";
import { HUFFMAN_ALWAYS, HUFFMAN_KEPT, HUFFMAN_NEVER, HpackEncoder } from "../../../src/proxy/http2/codec/hpack/encoder.ts";
import { decodeBlock, encodeBlock } from "../../unit/proxy/http2/hpack/fields.ts";

interface Case {
  readonly seqno: number;
  readonly wire: string;
  readonly header_table_size?: number;
  readonly headers: readonly Record<string, string>[];
}

const corpora = process.env.MESHCTL_CORPORA ?? "";
const folder = join(corpora, "hpack");
const skip = corpora === "" ? "MESHCTL_CORPORA is not set" : existsSync(folder) ? false : "no hpack folder in MESHCTL_CORPORA";

function pairsOf(entry: Case): [string, string][] {
  return entry.headers.map((header) => Object.entries(header)[0] as [string, string]);
}

function stories(): [string, Case[]][] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => [name, JSON.parse(readFileSync(join(folder, name), "utf8")).cases as Case[]]);
}

test("hpack corpora: every block of every story decodes to its fields", { skip }, () => {
  let blocks = 0;
  for (const [name, cases] of stories()) {
    const decoder = new HpackDecoder(4_096);
    for (const [at, entry] of cases.entries()) {
      const size = entry.header_table_size;
      if (size !== undefined && (at > 0 || size !== 4_096)) decoder.setLimit(size);
      assert.deepEqual(decodeBlock(decoder, Buffer.from(entry.wire, "hex")), pairsOf(entry), `${name} ${entry.seqno}`);
      blocks += 1;
    }
  }
  assert.ok(blocks > 1_000, `${blocks} blocks`);
});

test("hpack corpora: the fields of every story survive our encoder", { skip }, () => {
  for (const [name, cases] of stories()) {
    for (const huffman of [HUFFMAN_NEVER, HUFFMAN_KEPT, HUFFMAN_ALWAYS] as const) {
      const encoder = new HpackEncoder(4_096, huffman);
      const decoder = new HpackDecoder(4_096);
      for (const [at, entry] of cases.entries()) {
        if (entry.header_table_size !== undefined && at > 0) {
          decoder.setLimit(entry.header_table_size);
          encoder.setLimit(entry.header_table_size);
        }
        const pairs = pairsOf(entry);
        assert.deepEqual(decodeBlock(decoder, encodeBlock(encoder, pairs)), pairs, `${name} ${entry.seqno}`);
      }
    }
  }
});
