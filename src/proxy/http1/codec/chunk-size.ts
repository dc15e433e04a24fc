import { BACKSLASH, CR, DEL, EQUALS, HEX, HTAB, LF, QUOTE, SEMICOLON, SP, TOKEN, VALUE } from "./chars.ts";
import { FAILURE, type Failure } from "./failure.ts";

const C_FIRST_DIGIT = 0;
const C_DIGITS = 1;
const C_SPACE_BEFORE_SEMICOLON = 2;
const C_SPACE_BEFORE_NAME = 3;
const C_NAME = 4;
const C_SPACE_AFTER_NAME = 5;
const C_SPACE_BEFORE_VALUE = 6;
const C_VALUE = 7;
const C_QUOTED = 8;
const C_QUOTED_PAIR = 9;
const C_AFTER_QUOTED = 10;
const C_LF = 11;
const C_DONE = 12;

/** Leading zeros included; 2^52 is far above any body. */
const MAX_DIGITS = 16;
const MAX_SIZE = 2 ** 52;
/** Extensions of one chunk, and of all chunks of a message: nobody uses them, so much of them is an attack. */
const MAX_EXTENSION_BYTES = 256;
const MAX_EXTENSION_BYTES_PER_MESSAGE = 8 * 1_024;

/**
 * The line before a chunk (RFC 9112 7.1): size and extensions. Extensions are read by their grammar, with the
 * bad whitespace a recipient must put up with, and forgotten: they concern one hop.
 */
export class ChunkSize {
  size = 0;
  failure: Failure | null = null;
  #state = C_FIRST_DIGIT;
  #digits = 0;
  #extensionBytes = 0;
  #messageExtensionBytes = 0;

  get done(): boolean {
    return this.#state === C_DONE;
  }

  /** Before the first chunk of a message. */
  resetMessage(): void {
    this.#messageExtensionBytes = 0;
    this.failure = null;
    this.reset();
  }

  /** Before each chunk. */
  reset(): void {
    this.size = 0;
    this.#state = C_FIRST_DIGIT;
    this.#digits = 0;
    this.#extensionBytes = 0;
  }

  /** Returns the position behind the last byte used; then `done`, or `failure`, or all bytes were used. */
  read(buf: Buffer, pos: number, end: number): number {
    let i = pos;
    while (i < end && this.#state !== C_DONE) {
      const failure = this.#step(buf[i] as number);
      if (failure !== null) {
        this.failure = failure;
        return i;
      }
      i += 1;
    }
    return i;
  }

  #step(c: number): Failure | null {
    if (this.#state >= C_SPACE_BEFORE_SEMICOLON && this.#state < C_LF) {
      this.#extensionBytes += 1;
      this.#messageExtensionBytes += 1;
      if (this.#extensionBytes > MAX_EXTENSION_BYTES || this.#messageExtensionBytes > MAX_EXTENSION_BYTES_PER_MESSAGE) {
        return FAILURE.chunkExtensionTooLong;
      }
    }
    switch (this.#state) {
      case C_FIRST_DIGIT:
      case C_DIGITS:
        return this.#digit(c);
      case C_SPACE_BEFORE_SEMICOLON:
        if (c === SEMICOLON) return this.#to(C_SPACE_BEFORE_NAME);
        return c === SP || c === HTAB ? null : FAILURE.badChunkSize;
      case C_SPACE_BEFORE_NAME:
        if (c === SP || c === HTAB) return null;
        return TOKEN[c] === 1 ? this.#to(C_NAME) : FAILURE.badChunkExtension;
      case C_NAME:
        if (TOKEN[c] === 1) return null;
        return c === EQUALS ? this.#to(C_SPACE_BEFORE_VALUE) : this.#afterPart(c, C_SPACE_AFTER_NAME);
      case C_SPACE_AFTER_NAME:
        if (c === SP || c === HTAB) return null;
        if (c === EQUALS) return this.#to(C_SPACE_BEFORE_VALUE);
        return c === SEMICOLON ? this.#to(C_SPACE_BEFORE_NAME) : FAILURE.badChunkExtension;
      case C_SPACE_BEFORE_VALUE:
        if (c === SP || c === HTAB) return null;
        if (c === QUOTE) return this.#to(C_QUOTED);
        return TOKEN[c] === 1 ? this.#to(C_VALUE) : FAILURE.badChunkExtension;
      case C_VALUE:
        return TOKEN[c] === 1 ? null : this.#afterPart(c, C_SPACE_BEFORE_SEMICOLON);
      case C_QUOTED:
        if (c === QUOTE) return this.#to(C_AFTER_QUOTED);
        if (c === BACKSLASH) return this.#to(C_QUOTED_PAIR);
        return VALUE[c] === 1 ? null : c === LF ? FAILURE.bareLf : FAILURE.badChunkExtension;
      case C_QUOTED_PAIR:
        return VALUE[c] === 1 && c !== DEL ? this.#to(C_QUOTED) : FAILURE.badChunkExtension;
      case C_AFTER_QUOTED:
        return this.#afterPart(c, C_SPACE_BEFORE_SEMICOLON);
      default:
        return c === LF ? this.#to(C_DONE) : FAILURE.bareCr;
    }
  }

  #digit(c: number): Failure | null {
    const digit = HEX[c] as number;
    if (digit !== 255) {
      this.#digits += 1;
      this.size = this.size * 16 + digit;
      if (this.#digits > MAX_DIGITS || this.size > MAX_SIZE) return FAILURE.badChunkSize;
      return this.#to(C_DIGITS);
    }
    if (this.#state === C_FIRST_DIGIT) return c === LF ? FAILURE.bareLf : FAILURE.badChunkSize;
    if (c === SP || c === HTAB) return this.#to(C_SPACE_BEFORE_SEMICOLON);
    const failure = this.#afterPart(c, C_SPACE_BEFORE_SEMICOLON);
    return failure === FAILURE.badChunkExtension ? FAILURE.badChunkSize : failure;
  }

  /** What may follow a size, a name or a value: the end of the line, the next extension, or whitespace before one. */
  #afterPart(c: number, space: number): Failure | null {
    if (c === CR) return this.#to(C_LF);
    if (c === SEMICOLON) return this.#to(C_SPACE_BEFORE_NAME);
    if (c === SP || c === HTAB) return this.#to(space);
    return c === LF ? FAILURE.bareLf : FAILURE.badChunkExtension;
  }

  #to(state: number): null {
    this.#state = state;
    return null;
  }
}
