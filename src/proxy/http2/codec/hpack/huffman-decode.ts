/**
 * RFC 7541 5.2 by table: four bits at a time, from one inner node of the code tree to the next. No code is
 * shorter than five bits, so a step ends at most one symbol.
 */
import { CODES, EOS, LENGTHS } from "./huffman-code.ts";

const EMIT = 0x1_0000;
const FAIL = 0x2_0000;
/** `steps[node * 16 + nibble]`: next node, symbol in bits 8-15, EMIT or FAIL. */
const steps = new Uint32Array(256 * 16);
/** 1 where input may end: fewer than eight ones since the last symbol. */
const mayEnd = new Uint8Array(256);

build();

function build(): void {
  // Children by node: another inner node, or -1 - symbol.
  const children: [number, number][] = [[0, 0]];
  for (let symbol = 0; symbol <= EOS; symbol += 1) {
    const length = LENGTHS[symbol] as number;
    let node = 0;
    for (let bit = length - 1; bit >= 0; bit -= 1) {
      const side = ((CODES[symbol] as number) >>> bit) & 1;
      const pair = children[node] as [number, number];
      if (bit === 0) pair[side] = -1 - symbol;
      else {
        if (pair[side] === 0) {
          children.push([0, 0]);
          pair[side] = children.length - 1;
        }
        node = pair[side] as number;
      }
    }
  }
  for (let node = 0; node < children.length; node += 1) {
    for (let nibble = 0; nibble < 16; nibble += 1) steps[node * 16 + nibble] = step(children, node, nibble);
  }
  let ones = 0;
  for (let bits = 0; bits < 8; bits += 1) {
    mayEnd[ones] = 1;
    ones = (children[ones] as [number, number])[1];
  }
}

function step(children: readonly [number, number][], from: number, nibble: number): number {
  let node = from;
  let emitted = 0;
  for (let bit = 3; bit >= 0; bit -= 1) {
    const next = (children[node] as [number, number])[(nibble >>> bit) & 1] as number;
    if (next >= 0) node = next;
    else {
      const symbol = -1 - next;
      if (symbol === EOS) return FAIL;
      emitted = EMIT | (symbol << 8);
      node = 0;
    }
  }
  return emitted | node;
}

let scratch = Buffer.allocUnsafeSlow(4_096);

/** Decoded bytes of the last call: valid until the next. */
export function huffmanScratch(): Buffer {
  return scratch;
}

/** Decodes `bytes[start..end)` into {@link huffmanScratch}. Returns the number of bytes, or -1 for an impossible code. */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): number {
  const most = Math.ceil(((end - start) * 8) / 5);
  if (most > scratch.length) scratch = Buffer.allocUnsafeSlow(most * 2);
  const out = scratch;
  let count = 0;
  let node = 0;
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index] as number;
    const high = steps[node * 16 + (byte >>> 4)] as number;
    if (high >= EMIT) {
      if (high >= FAIL) return -1;
      out[count++] = (high >>> 8) & 0xff;
    }
    const low = steps[(high & 0xff) * 16 + (byte & 0xf)] as number;
    if (low >= EMIT) {
      if (low >= FAIL) return -1;
      out[count++] = (low >>> 8) & 0xff;
    }
    node = low & 0xff;
  }
  return mayEnd[node] === 1 ? count : -1;
}
