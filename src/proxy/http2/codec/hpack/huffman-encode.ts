import type { ByteWriter } from "../../../http1/codec/byte-writer.ts";
import { CODES, LENGTHS } from "./huffman-code.ts";

/** Bytes `text` (Latin-1) takes in the code of RFC 7541 5.2, padding included. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let index = 0; index < text.length; index += 1) bits += LENGTHS[text.charCodeAt(index) & 0xff] as number;
  return (bits + 7) >>> 3;
}

/** Appends the code of `text`. */
export function writeHuffman(out: ByteWriter, text: string): void {
  // The longest code has 30 bits.
  out.reserve(text.length * 4);
  const { bytes } = out;
  let at = out.length;
  let pending = 0;
  let count = 0;
  for (let index = 0; index < text.length; index += 1) {
    const symbol = text.charCodeAt(index) & 0xff;
    const code = CODES[symbol] as number;
    let length = LENGTHS[symbol] as number;
    // At most 7 bits wait, so that 16 more always fit in a small integer.
    if (length > 16) {
      pending = (pending << (length - 16)) | (code >>> 16);
      count += length - 16;
      length = 16;
      while (count >= 8) {
        count -= 8;
        bytes[at++] = pending >>> count;
      }
      pending &= 0x7f;
    }
    pending = (pending << length) | (code & 0xffff);
    count += length;
    while (count >= 8) {
      count -= 8;
      bytes[at++] = pending >>> count;
    }
    pending &= 0x7f;
  }
  // Filled up with the first bits of EOS, which are ones.
  if (count > 0) bytes[at++] = (pending << (8 - count)) | (0xff >>> count);
  out.length = at;
}
