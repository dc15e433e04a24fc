const HEX_DIGITS = "0123456789abcdef";
/** Below this many bytes a loop is faster than a call into the runtime. */
const LOOP_BYTES = 40;

/** Appends bytes to one growing buffer. What was handed out of it stays valid only until {@link reset}. */
export class ByteWriter {
  bytes: Buffer;
  length = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  reset(): void {
    this.length = 0;
  }

  /** Leaves the memory to whoever still writes from it and goes on with new memory of `size` bytes. */
  abandon(size: number): void {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.length = 0;
  }

  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length), 0);
    this.bytes = grown;
  }

  /** Latin-1 text. */
  text(text: string): void {
    const { length } = text;
    this.reserve(length);
    const { bytes } = this;
    let at = this.length;
    if (length < LOOP_BYTES) {
      for (let index = 0; index < length; index += 1) bytes[at++] = text.charCodeAt(index);
    } else {
      bytes.write(text, at, "latin1");
    }
    this.length += length;
  }

  span(from: Buffer, start: number, end: number): void {
    const count = end - start;
    if (count <= 0) return;
    this.reserve(count);
    const { bytes } = this;
    let at = this.length;
    this.length = at + count;
    if (count < LOOP_BYTES) {
      for (let index = start; index < end; index += 1) bytes[at++] = from[index] as number;
    } else {
      bytes.set(start === 0 && end === from.length ? from : from.subarray(start, end), at);
    }
  }

  decimal(value: number): void {
    this.text(String(value));
  }

  /** The line before a chunk of `size` bytes, in its shortest form. */
  chunkLine(size: number): void {
    this.reserve(16);
    const { bytes } = this;
    let digits = 1;
    for (let rest = size; rest >= 16; rest = Math.floor(rest / 16)) digits += 1;
    let at = this.length + digits;
    for (let rest = size; at > this.length; rest = Math.floor(rest / 16)) bytes[--at] = HEX_DIGITS.charCodeAt(rest % 16);
    this.length += digits;
    this.crlf();
  }

  crlf(): void {
    this.reserve(2);
    this.bytes[this.length++] = 0x0d;
    this.bytes[this.length++] = 0x0a;
  }
}
