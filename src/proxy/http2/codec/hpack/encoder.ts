import type { ByteWriter } from "../../../http1/codec/byte-writer.ts";
import { huffmanLength, writeHuffman } from "./huffman-encode.ts";
import { type RememberedName, RememberedNames } from "./remembered.ts";
import { ENTRY_OVERHEAD, STATIC_COUNT, STATIC_VALUES } from "./static-table.ts";

/** Which literals are Huffman coded where that is shorter: none, those that go into the table, all. */
export const HUFFMAN_NEVER = 0;
/** The default: what is sent once and kept is made small; what changes each time is not worth the cycles. */
export const HUFFMAN_KEPT = 1;
export const HUFFMAN_ALWAYS = 2;

export type HuffmanUse = typeof HUFFMAN_NEVER | typeof HUFFMAN_KEPT | typeof HUFFMAN_ALWAYS;

const LITERAL = 0x00;
const LITERAL_NEVER = 0x10;
const LITERAL_KEPT = 0x40;
const INDEXED = 0x80;
const SIZE_UPDATE = 0x20;

/**
 * Field blocks of one connection, in their order (RFC 7541 section 6). Remembers the last values of each name:
 * a field that repeats one is a byte or two. A name whose values never repeat stops filling the table.
 */
export class HpackEncoder {
  readonly #names = new RememberedNames();
  readonly #huffman: HuffmanUse;
  readonly #most: number;
  /** Sizes of the entries by insertion number, as a ring. */
  readonly #sizes: Uint32Array;
  #capacity = 4_096;
  #size = 0;
  /** Insertions so far; entries up to `#gone` have been evicted. */
  #inserted = 0;
  #gone = 0;
  /** Table size to announce before the next field, and the least since the last announcement; -1: none. */
  #announce = -1;
  #announceLeast = -1;

  /** `mostBytes`: table this side is willing to keep, whatever the peer allows. */
  constructor(mostBytes: number, huffman: HuffmanUse = HUFFMAN_KEPT) {
    this.#most = mostBytes;
    this.#huffman = huffman;
    let slots = 64;
    while (slots * ENTRY_OVERHEAD < Math.max(mostBytes, 4_096)) slots *= 2;
    this.#sizes = new Uint32Array(slots);
    if (mostBytes < 4_096) this.setLimit(mostBytes);
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE (RFC 7541 4.2). */
  setLimit(bytes: number): void {
    const capacity = Math.min(bytes, this.#most);
    if (capacity === (this.#announce >= 0 ? this.#announce : this.#capacity)) return;
    this.#announceLeast = this.#announceLeast < 0 ? capacity : Math.min(this.#announceLeast, capacity);
    this.#announce = capacity;
    if (capacity < this.#capacity) this.#evict(capacity);
    this.#capacity = capacity;
  }

  /** Called before the first field of each block. */
  begin(out: ByteWriter): void {
    if (this.#announce < 0) return;
    if (this.#announceLeast < this.#announce) writeInteger(out, SIZE_UPDATE, 5, this.#announceLeast);
    writeInteger(out, SIZE_UPDATE, 5, this.#announce);
    this.#announce = -1;
    this.#announceLeast = -1;
  }

  /** `name` in lower case, both Latin-1. `never`: a never-indexed literal, as it came (RFC 7541 6.2.3). */
  field(out: ByteWriter, name: string, value: string, never = false): void {
    const known = this.#names.ofText(name);
    if (known === null) {
      this.#literal(out, never ? LITERAL_NEVER : LITERAL, 0, name, value, false);
      return;
    }
    if (never || known.secret) {
      this.#literal(out, LITERAL_NEVER, this.#nameIndex(known), name, value, false);
      return;
    }
    const { staticValues, staticIndex, values, places } = known;
    for (let index = staticIndex; index < staticIndex + staticValues; index += 1) {
      if (STATIC_VALUES[index] === value) {
        writeIndexed(out, index);
        return;
      }
    }
    for (let way = 0; way < 4; way += 1) {
      if ((places[way] as number) > this.#gone && values[way] === value) {
        known.hit();
        writeIndexed(out, this.#index(places[way] as number));
        return;
      }
    }
    this.#unknown(out, known, value);
  }

  /** As {@link field}, from the bytes of an HTTP/1 head; the name in any case. Makes no string for a value that is remembered. */
  fieldBytes(out: ByteWriter, bytes: Buffer, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const known = this.#names.ofBytes(bytes, nameStart, nameEnd);
    if (known !== null && !known.secret) {
      const { staticValues, staticIndex, values, places } = known;
      for (let index = staticIndex; index < staticIndex + staticValues; index += 1) {
        if (sameBytes(STATIC_VALUES[index] as string, bytes, valueStart, valueEnd)) {
          writeIndexed(out, index);
          return;
        }
      }
      for (let way = 0; way < 4; way += 1) {
        if ((places[way] as number) > this.#gone && sameBytes(values[way] as string, bytes, valueStart, valueEnd)) {
          known.hit();
          writeIndexed(out, this.#index(places[way] as number));
          return;
        }
      }
    }
    if (this.#huffman === HUFFMAN_ALWAYS || known === null || known.secret) {
      const name = known === null ? bytes.toString("latin1", nameStart, nameEnd).toLowerCase() : known.text;
      const secret = known?.secret === true;
      const value = bytes.toString("latin1", valueStart, valueEnd);
      if (known === null || secret) this.#literal(out, secret ? LITERAL_NEVER : LITERAL, this.#nameIndex(known), name, value, false);
      else this.#unknown(out, known, value);
      return;
    }
    if (this.#worthKeeping(known, valueEnd - valueStart, known.credit > 0 ? 0 : hashBytes(bytes, valueStart, valueEnd))) {
      this.#keep(out, known, bytes.toString("latin1", valueStart, valueEnd));
      return;
    }
    // Sent and forgotten: no string is made of it.
    const nameIndex = this.#nameIndex(known);
    writeInteger(out, LITERAL, 4, nameIndex);
    if (nameIndex === 0) writeString(out, known.text, false);
    writeInteger(out, 0x00, 7, valueEnd - valueStart);
    out.span(bytes, valueStart, valueEnd);
  }

  /** A value that is in neither table. */
  #unknown(out: ByteWriter, known: RememberedName, value: string): void {
    if (this.#worthKeeping(known, value.length, known.credit > 0 ? 0 : hashText(value))) this.#keep(out, known, value);
    else this.#literal(out, LITERAL, this.#nameIndex(known), known.text, value, false);
  }

  /** `hash` of the value matters once the name has no credit left: then only a repeat is worth a place in the table. */
  #worthKeeping(known: RememberedName, valueLength: number, hash: number): boolean {
    // One large entry would push out all that repeats.
    if (known.text.length + valueLength + ENTRY_OVERHEAD > this.#capacity >>> 2) return false;
    if (known.credit > 0) {
      known.credit -= 1;
      return true;
    }
    const repeats = hash === known.lastHash;
    known.lastHash = hash;
    return repeats;
  }

  #keep(out: ByteWriter, known: RememberedName, value: string): void {
    const size = known.text.length + value.length + ENTRY_OVERHEAD;
    this.#literal(out, LITERAL_KEPT, this.#nameIndex(known), known.text, value, true);
    this.#evict(this.#capacity - size);
    this.#inserted += 1;
    this.#sizes[this.#inserted & (this.#sizes.length - 1)] = size;
    this.#size += size;
    known.remember(value, this.#inserted);
  }

  #evict(room: number): void {
    while (this.#size > room && this.#gone < this.#inserted) {
      this.#gone += 1;
      this.#size -= this.#sizes[this.#gone & (this.#sizes.length - 1)] as number;
    }
  }

  #index(place: number): number {
    return STATIC_COUNT + 1 + this.#inserted - place;
  }

  /** Index under which the decoder finds the name; 0: it has to be spelled out. */
  #nameIndex(known: RememberedName | null): number {
    if (known === null) return 0;
    if (known.staticIndex > 0) return known.staticIndex;
    const place = known.newerThan(this.#gone);
    return place === 0 ? 0 : this.#index(place);
  }

  #literal(out: ByteWriter, kind: number, nameIndex: number, name: string, value: string, kept: boolean): void {
    const coded = this.#huffman === HUFFMAN_ALWAYS || (kept && this.#huffman === HUFFMAN_KEPT);
    writeInteger(out, kind, kind === LITERAL_KEPT ? 6 : 4, nameIndex);
    if (nameIndex === 0) writeString(out, name, coded);
    writeString(out, value, coded);
  }
}

function writeIndexed(out: ByteWriter, index: number): void {
  if (index < 127) {
    out.reserve(1);
    out.bytes[out.length++] = INDEXED | index;
  } else {
    writeInteger(out, INDEXED, 7, index);
  }
}

/** RFC 7541 5.1: `bits` of the first byte hold the start of the number, the others are `pattern`. */
export function writeInteger(out: ByteWriter, pattern: number, bits: number, value: number): void {
  out.reserve(6);
  const { bytes } = out;
  const most = (1 << bits) - 1;
  if (value < most) {
    bytes[out.length++] = pattern | value;
    return;
  }
  bytes[out.length++] = pattern | most;
  let rest = value - most;
  while (rest >= 0x80) {
    bytes[out.length++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[out.length++] = rest;
}

/** RFC 7541 5.2. */
function writeString(out: ByteWriter, text: string, coded: boolean): void {
  if (coded) {
    const length = huffmanLength(text);
    if (length < text.length) {
      writeInteger(out, 0x80, 7, length);
      writeHuffman(out, text);
      return;
    }
  }
  writeInteger(out, 0x00, 7, text.length);
  out.text(text);
}

function sameBytes(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = text;
  if (length !== end - start) return false;
  // Values that differ mostly differ at their end.
  for (let index = length - 1; index >= 0; index -= 1) if (bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
}

function hashText(text: string): number {
  let hash = text.length;
  for (let index = 0; index < text.length; index += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  // 0 stands for nothing seen yet.
  return hash === 0 ? 1 : hash;
}

/** As {@link hashText}. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let index = start; index < end; index += 1) hash = (Math.imul(hash, 31) + (bytes[index] as number)) | 0;
  return hash === 0 ? 1 : hash;
}
