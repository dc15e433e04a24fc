/** Field blocks as a mesh connection sees them: the same few headers, one id that changes. */
import { ByteWriter } from "../../src/proxy/http1/codec/byte-writer.ts";
import type { Failure } from "../../src/proxy/http2/codec/failure.ts";
import { FieldSection, SECTION_REQUEST } from "../../src/proxy/http2/codec/field-section.ts";
import { type FieldSink, HpackDecoder } from "../../src/proxy/http2/codec/hpack/decoder.ts";
import { HUFFMAN_ALWAYS, HpackEncoder } from "../../src/proxy/http2/codec/hpack/encoder.ts";
import { decodeHuffman } from "../../src/proxy/http2/codec/hpack/huffman-decode.ts";
import { writeHuffman } from "../../src/proxy/http2/codec/hpack/huffman-encode.ts";
import { APP_LIMITS } from "../../src/proxy/http2/codec/limits.ts";
import { micro } from "./micro.ts";

const ids = Array.from({ length: 64 }, (_, at) => `7b1f4c1e-9c3a-4a52-8d0e-3f5b6c7d8e${String(at).padStart(2, "0")}`);
const request = (id: string): [string, string][] => [
  [":method", "GET"],
  [":scheme", "http"],
  [":authority", "api:8080"],
  [":path", "/api/v1/items"],
  ["user-agent", "Mozilla/5.0 (X11; Linux x86_64) test/1.0"],
  ["accept", "application/json"],
  ["accept-encoding", "gzip, deflate"],
  ["x-request-id", id],
];
const out = new ByteWriter(65_536);

function encodeWith(encoder: HpackEncoder, pairs: readonly (readonly [string, string])[]): number {
  out.reset();
  encoder.begin(out);
  for (const [name, value] of pairs) encoder.field(out, name, value);
  return out.length;
}

const requests = ids.map(request);
const encoder = new HpackEncoder(4_096);
micro("encode 8 fields as text, one id that changes", (index) => encodeWith(encoder, requests[index & 63] as [string, string][]));

const same = requests.map((pairs) => pairs.slice(0, 7));
const repeating = new HpackEncoder(4_096);
micro("encode 7 fields as text, all repeated", (index) => encodeWith(repeating, same[index & 63] as [string, string][]));

const heads = ids.map((id) => {
  const lines: number[] = [];
  let text = "";
  for (const [name, value] of request(id).slice(4)) {
    lines.push(text.length, text.length + name.length, text.length + name.length + 2, text.length + name.length + 2 + value.length);
    text += `${name}: ${value}\r\n`;
  }
  return { bytes: Buffer.from(text, "latin1"), lines };
});
const fromBytes = new HpackEncoder(4_096);
micro("encode 4 fields from HTTP/1 bytes, one id that changes", (index) => {
  const { bytes, lines } = heads[index & 63] as { bytes: Buffer; lines: number[] };
  out.reset();
  fromBytes.begin(out);
  for (let at = 0; at < lines.length; at += 4) {
    fromBytes.fieldBytes(out, bytes, lines[at] as number, lines[at + 1] as number, lines[at + 2] as number, lines[at + 3] as number);
  }
  return out.length;
});

class Count implements FieldSink {
  fields = 0;
  field(): Failure | null {
    this.fields += 1;
    return null;
  }
}

/** Blocks that can be decoded over and over: none of them changes the table any more. */
function settled(pairs: [string, string][][]): [HpackDecoder, Buffer[]] {
  const from = new HpackEncoder(4_096);
  const decoder = new HpackDecoder(4_096);
  const take = (list: [string, string][]): Buffer => {
    encodeWith(from, list);
    return Buffer.from(out.bytes.subarray(0, out.length));
  };
  for (const list of [...pairs, ...pairs]) {
    const block = take(list);
    decoder.decode(block, 0, block.length, new Count());
  }
  return [decoder, pairs.map(take)];
}

const [decoder, blocks] = settled(requests);
const count = new Count();
micro("decode 8 fields, one literal", (index) => {
  const block = blocks[index & 63] as Buffer;
  return decoder.decode(block, 0, block.length, count);
});
const section = new FieldSection(APP_LIMITS);
micro("decode 8 fields by the rules of RFC 9113", (index) => {
  const block = blocks[index & 63] as Buffer;
  section.begin(SECTION_REQUEST);
  decoder.decode(block, 0, block.length, section);
  return section.finish(true);
});

const text = "application/json; charset=utf-8, text/html";
micro("Huffman encode 42 characters", () => {
  out.reset();
  writeHuffman(out, text);
  return out.length;
});
out.reset();
writeHuffman(out, text);
const coded = Buffer.from(out.bytes.subarray(0, out.length));
micro("Huffman decode 42 characters", () => decodeHuffman(coded, 0, coded.length));
const always = new HpackEncoder(4_096, HUFFMAN_ALWAYS);
micro("encode 8 fields, all literals Huffman coded", (index) => encodeWith(always, requests[index & 63] as [string, string][]));
