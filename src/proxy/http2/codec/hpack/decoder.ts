import { HTAB, SP, VALUE } from "../../../http1/codec/chars.ts";
import { FAILURE, type Failure } from "../failure.ts";
import { BAD_VALUE, type FieldName, NEVER_INDEXED, internName, kindOfText } from "../names.ts";
import { decodeHuffman, huffmanScratch } from "./huffman-decode.ts";
import { ENTRY_OVERHEAD, STATIC_COUNT, STATIC_NAMES, STATIC_VALUES } from "./static-table.ts";

/** Takes the fields of a block, in their order. */
export interface FieldSink {
  /**
   * `kind`: one of the kinds of names.ts, with BAD_VALUE and NEVER_INDEXED beside it. Strings are Latin-1, a
   * character for each byte. A failure ends the decoding; the table is of no use after it.
   */
  field(name: string, value: string, kind: number): Failure | null;
}

interface Entry {
  readonly name: string;
  readonly value: string;
  readonly kind: number;
  /** RFC 7541 4.1. */
  readonly size: number;
}

const STATIC: readonly Entry[] = STATIC_NAMES.map((name, index) => {
  const value = STATIC_VALUES[index] as string;
  return Object.freeze({ name, value, kind: index === 0 ? 0 : kindOfText(name), size: name.length + value.length + ENTRY_OVERHEAD });
});

/** No index, length or table size of ours has more bits. */
const MAX_INTEGER_SHIFT = 21;

/** Field blocks of one connection, in their order (RFC 7541 section 3). Strict; a failure is final. */
export class HpackDecoder {
  /** Ring of the dynamic table; the newest entry stands before `#next`. */
  #entries: (Entry | null)[] = Array.from({ length: 32 }, () => null);
  #next = 0;
  #count = 0;
  #size = 0;
  #capacity: number;
  /** What the peer may choose at most: our SETTINGS_HEADER_TABLE_SIZE, once acknowledged. */
  #limit: number;
  #mustUpdate = false;
  #bytes: Buffer = NOTHING;
  #pos = 0;
  #end = 0;
  #failure: Failure | null = null;

  /** `limit`: bytes the table may hold, as the peer knows them; 4,096 unless settings said otherwise. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#capacity = limit;
  }

  /** Bytes of the dynamic table in use (RFC 7541 4.1). */
  get tableSize(): number {
    return this.#size;
  }

  /** The peer has acknowledged another SETTINGS_HEADER_TABLE_SIZE. A lower one it must confirm in its next block (RFC 7541 4.2). */
  setLimit(limit: number): void {
    if (limit < this.#capacity) this.#mustUpdate = true;
    this.#limit = limit;
  }

  /** Decodes one whole block. Returns the failure, after which no other block can be decoded. */
  decode(bytes: Buffer, start: number, end: number, sink: FieldSink): Failure | null {
    this.#bytes = bytes;
    this.#pos = start;
    this.#end = end;
    if (this.#failure === null) this.#failure = this.#readBlock(sink);
    this.#bytes = NOTHING;
    return this.#failure;
  }

  #readBlock(sink: FieldSink): Failure | null {
    let fields = 0;
    while (this.#pos < this.#end) {
      const first = this.#bytes[this.#pos] as number;
      if (first >= 0x20 && first < 0x40) {
        if (fields > 0) return FAILURE.hpackSizeUpdate;
        const refused = this.#readSizeUpdate();
        if (refused !== null) return refused;
        continue;
      }
      if (this.#mustUpdate) return FAILURE.hpackMissingUpdate;
      fields += 1;
      const refused = first >= 0x80 ? this.#readIndexed(sink) : this.#readLiteral(first, sink);
      if (refused !== null) return refused;
    }
    return this.#mustUpdate && fields > 0 ? FAILURE.hpackMissingUpdate : null;
  }

  #readIndexed(sink: FieldSink): Failure | null {
    const index = this.#readInteger(0x7f);
    if (index < 0) return this.#integerFailure();
    const entry = this.#entry(index);
    return entry === null ? FAILURE.hpackIndex : sink.field(entry.name, entry.value, entry.kind);
  }

  #readLiteral(first: number, sink: FieldSink): Failure | null {
    const indexing = first >= 0x40;
    const index = this.#readInteger(indexing ? 0x3f : 0x0f);
    if (index < 0) return this.#integerFailure();
    let name: string;
    let kind: number;
    if (index === 0) {
      const read = this.#readName();
      if (read === null) return this.#failure;
      name = read.text;
      kind = read.kind;
    } else {
      const entry = this.#entry(index);
      if (entry === null) return FAILURE.hpackIndex;
      name = entry.name;
      kind = entry.kind & ~BAD_VALUE;
    }
    const value = this.#readValue();
    if (value === null) return this.#failure;
    if (this.#badValue) kind |= BAD_VALUE;
    if (indexing) this.#insert({ name, value, kind, size: name.length + value.length + ENTRY_OVERHEAD });
    else if (first >= 0x10) kind |= NEVER_INDEXED;
    return sink.field(name, value, kind);
  }

  #readSizeUpdate(): Failure | null {
    const capacity = this.#readInteger(0x1f);
    if (capacity < 0) return this.#integerFailure();
    if (capacity > this.#limit) return FAILURE.hpackSizeUpdate;
    this.#capacity = capacity;
    this.#mustUpdate = false;
    this.#evict(capacity);
    return null;
  }

  #entry(index: number): Entry | null {
    if (index <= STATIC_COUNT) return index === 0 ? null : (STATIC[index] as Entry);
    const back = index - STATIC_COUNT;
    if (back > this.#count) return null;
    return this.#entries[(this.#next - back) & (this.#entries.length - 1)] as Entry;
  }

  #insert(entry: Entry): void {
    // An entry larger than the table empties it, which is no error (RFC 7541 4.4).
    this.#evict(this.#capacity - entry.size);
    if (entry.size > this.#capacity) return;
    if (this.#count === this.#entries.length) this.#grow();
    this.#entries[this.#next] = entry;
    this.#next = (this.#next + 1) & (this.#entries.length - 1);
    this.#count += 1;
    this.#size += entry.size;
  }

  #evict(room: number): void {
    const mask = this.#entries.length - 1;
    while (this.#count > 0 && this.#size > room) {
      const oldest = (this.#next - this.#count) & mask;
      this.#size -= (this.#entries[oldest] as Entry).size;
      this.#entries[oldest] = null;
      this.#count -= 1;
    }
  }

  #grow(): void {
    const { length } = this.#entries;
    const ordered = [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)];
    this.#entries = [...ordered, ...Array.from({ length }, () => null)];
    this.#next = length;
  }

  /** RFC 7541 5.1. -1 when it does not end here, -2 when it has too many bits. */
  #readInteger(mask: number): number {
    let value = (this.#bytes[this.#pos++] as number) & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= MAX_INTEGER_SHIFT; shift += 7) {
      if (this.#pos >= this.#end) return -1;
      const byte = this.#bytes[this.#pos++] as number;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return -2;
  }

  #integerFailure(): Failure {
    return this.#pos >= this.#end ? FAILURE.hpackTruncated : FAILURE.hpackInteger;
  }

  #readName(): FieldName | null {
    const found = this.#readString();
    if (found < 0) return null;
    return internName(this.#text, found, this.#textEnd);
  }

  #badValue = false;

  #readValue(): string | null {
    const start = this.#readString();
    if (start < 0) return null;
    const end = this.#textEnd;
    const bytes = this.#text;
    this.#badValue = false;
    if (start === end) return "";
    for (let index = start; index < end; index += 1) {
      if (VALUE[bytes[index] as number] !== 1) {
        this.#badValue = true;
        break;
      }
    }
    const first = bytes[start] as number;
    const last = bytes[end - 1] as number;
    if (first === SP || first === HTAB || last === SP || last === HTAB) this.#badValue = true;
    return bytes.toString("latin1", start, end);
  }

  #text: Buffer = NOTHING;
  #textEnd = 0;

  /** A string literal (RFC 7541 5.2), decoded: its bytes are `#text` from the offset returned to `#textEnd`. -1: failed. */
  #readString(): number {
    if (this.#pos >= this.#end) return this.#refuse(FAILURE.hpackTruncated);
    const coded = (this.#bytes[this.#pos] as number) >= 0x80;
    const length = this.#readInteger(0x7f);
    if (length < 0) return this.#refuse(this.#integerFailure());
    const start = this.#pos;
    if (length > this.#end - start) return this.#refuse(FAILURE.hpackTruncated);
    this.#pos = start + length;
    if (!coded) {
      this.#text = this.#bytes;
      this.#textEnd = start + length;
      return start;
    }
    const count = decodeHuffman(this.#bytes, start, start + length);
    if (count < 0) return this.#refuse(FAILURE.hpackHuffman);
    this.#text = huffmanScratch();
    this.#textEnd = count;
    return 0;
  }

  #refuse(failure: Failure): -1 {
    this.#failure = failure;
    return -1;
  }
}

const NOTHING = Buffer.alloc(0);
