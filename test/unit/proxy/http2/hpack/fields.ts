import { ByteWriter } from "../../../../../src/proxy/http1/codec/byte-writer.ts";
import type { Failure } from "../../../../../src/proxy/http2/codec/failure.ts";
import type { FieldSink, HpackDecoder } from "../../../../../src/proxy/http2/codec/hpack/decoder.ts";
import type { HpackEncoder } from "../../../../../src/proxy/http2/codec/hpack/encoder.ts";
import { NEVER_INDEXED } from "../../../../../src/proxy/http2/codec/names.ts";

/** Keeps every field of the blocks it is given. */
export class FieldList implements FieldSink {
  pairs: [string, string][] = [];
  never: string[] = [];

  field(name: string, value: string, kind: number): Failure | null {
    this.pairs.push([name, value]);
    if ((kind & NEVER_INDEXED) !== 0) this.never.push(name);
    return null;
  }
}

/** Fields of one block; throws its failure code. */
export function decodeBlock(decoder: HpackDecoder, block: Buffer): [string, string][] {
  const list = new FieldList();
  const failure = decoder.decode(block, 0, block.length, list);
  if (failure !== null) throw new Error(failure.code);
  return list.pairs;
}

export function encodeBlock(encoder: HpackEncoder, pairs: readonly (readonly [string, string])[]): Buffer {
  const out = new ByteWriter(64);
  encoder.begin(out);
  for (const [name, value] of pairs) encoder.field(out, name, value);
  return Buffer.from(out.bytes.subarray(0, out.length));
}
