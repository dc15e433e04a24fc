/** Bytes to frames (RFC 9113 4.1): resumable at any byte; payloads in one piece but for DATA, which streams. */
import { FAILURE, type Failure } from "./failure.ts";
import { FLAG_PADDED, FRAME_HEADER_BYTES, PREFACE } from "./frame.ts";

/** What to do with a payload. */
export const TAKE_WHOLE = 0;
export const TAKE_DATA = 1;
export const TAKE_NOTHING = 2;
export type Intake = typeof TAKE_WHOLE | typeof TAKE_DATA | typeof TAKE_NOTHING;

export interface FrameSink {
  /** The connection has failed or was ended: nothing is read any more. */
  readonly stopped: boolean;
  /** A frame header, before any of its payload; `length` bytes follow. */
  frameHead(type: number, flags: number, length: number, streamId: number): Intake;
  /** The payload of a TAKE_WHOLE frame. Valid during the call. */
  framePayload(bytes: Buffer, start: number, end: number): void;
  /** How many bytes of a DATA frame are data, not padding. Before the first of them. */
  dataStart(length: number): void;
  dataPiece(bytes: Buffer, start: number, end: number): void;
  /** All of a DATA frame has been read. */
  dataEnd(): void;
  fail(failure: Failure): void;
}

const R_PREFACE = 0;
const R_HEAD = 1;
const R_WHOLE = 2;
const R_PAD_LENGTH = 3;
const R_DATA = 4;
const R_PADDING = 5;
const R_SKIP = 6;

const NOTHING = Buffer.alloc(0);

export class FrameReader {
  readonly #sink: FrameSink;
  #state: number;
  /** Bytes of preface or header seen before this read. */
  #have = 0;
  readonly #head = Buffer.alloc(FRAME_HEADER_BYTES);
  /** Payload bytes to come: of the frame, the data, or the padding. */
  #left = 0;
  #padding = 0;
  #gathered: Buffer = NOTHING;
  #gatheredBytes = 0;

  /** `server`: the client's preface comes first. */
  constructor(sink: FrameSink, server: boolean) {
    this.#sink = sink;
    this.#state = server ? R_PREFACE : R_HEAD;
  }

  read(bytes: Buffer, start: number, end: number): void {
    const sink = this.#sink;
    let pos = start;
    while (pos < end && !sink.stopped) {
      switch (this.#state) {
        case R_PREFACE:
          if (bytes[pos] !== PREFACE[this.#have]) {
            sink.fail(FAILURE.badPreface);
            return;
          }
          pos += 1;
          this.#have += 1;
          if (this.#have === PREFACE.length) this.#expectHead();
          break;
        case R_HEAD:
          pos = this.#readHead(bytes, pos, end);
          break;
        case R_WHOLE:
          pos = this.#readWhole(bytes, pos, end);
          break;
        case R_PAD_LENGTH:
          this.#padding = bytes[pos++] as number;
          this.#left -= 1 + this.#padding;
          if (this.#left < 0) {
            sink.fail(FAILURE.badPadding);
            return;
          }
          this.#beginData();
          break;
        case R_DATA: {
          const taken = Math.min(this.#left, end - pos);
          this.#left -= taken;
          pos += taken;
          sink.dataPiece(bytes, pos - taken, pos);
          if (this.#left === 0) this.#endData();
          break;
        }
        default: {
          const taken = Math.min(this.#left, end - pos);
          this.#left -= taken;
          pos += taken;
          if (this.#left === 0) {
            if (this.#state === R_PADDING) sink.dataEnd();
            this.#expectHead();
          }
          break;
        }
      }
    }
  }

  #expectHead(): void {
    this.#state = R_HEAD;
    this.#have = 0;
  }

  #readHead(bytes: Buffer, pos: number, end: number): number {
    if (this.#have === 0 && end - pos >= FRAME_HEADER_BYTES) {
      this.#begin(bytes, pos);
      return pos + FRAME_HEADER_BYTES;
    }
    const taken = Math.min(FRAME_HEADER_BYTES - this.#have, end - pos);
    bytes.copy(this.#head, this.#have, pos, pos + taken);
    this.#have += taken;
    if (this.#have === FRAME_HEADER_BYTES) this.#begin(this.#head, 0);
    return pos + taken;
  }

  #begin(head: Buffer, at: number): void {
    const length = ((head[at] as number) << 16) | ((head[at + 1] as number) << 8) | (head[at + 2] as number);
    const flags = head[at + 4] as number;
    // The highest bit is reserved and ignored.
    const streamId = head.readUInt32BE(at + 5) & 0x7fff_ffff;
    const sink = this.#sink;
    const intake = sink.frameHead(head[at + 3] as number, flags, length, streamId);
    if (sink.stopped) return;
    this.#left = length;
    if (intake === TAKE_DATA) {
      this.#padding = 0;
      if ((flags & FLAG_PADDED) === 0) this.#beginData();
      else if (length === 0) sink.fail(FAILURE.badPadding);
      else this.#state = R_PAD_LENGTH;
    } else if (length === 0) {
      this.#expectHead();
      if (intake === TAKE_WHOLE) sink.framePayload(NOTHING, 0, 0);
    } else {
      this.#state = intake === TAKE_WHOLE ? R_WHOLE : R_SKIP;
    }
  }

  #beginData(): void {
    this.#state = R_DATA;
    this.#sink.dataStart(this.#left);
    if (this.#left === 0) this.#endData();
  }

  #endData(): void {
    if (this.#padding > 0) {
      this.#left = this.#padding;
      this.#state = R_PADDING;
      return;
    }
    this.#expectHead();
    this.#sink.dataEnd();
  }

  #readWhole(bytes: Buffer, pos: number, end: number): number {
    const length = this.#left;
    if (this.#gatheredBytes === 0 && end - pos >= length) {
      this.#expectHead();
      this.#sink.framePayload(bytes, pos, pos + length);
      return pos + length;
    }
    if (this.#gatheredBytes === 0) this.#gathered = Buffer.allocUnsafe(length);
    const taken = Math.min(length - this.#gatheredBytes, end - pos);
    bytes.copy(this.#gathered, this.#gatheredBytes, pos, pos + taken);
    this.#gatheredBytes += taken;
    if (this.#gatheredBytes === length) {
      const whole = this.#gathered;
      this.#gathered = NOTHING;
      this.#gatheredBytes = 0;
      this.#expectHead();
      this.#sink.framePayload(whole, 0, length);
    }
    return pos + taken;
  }
}
