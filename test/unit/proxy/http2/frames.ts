/** Frames as a peer would send them, right or wrong; and what is in the bytes we sent. */
import { FRAME_HEADER_BYTES, PREFACE } from "../../../../src/proxy/http2/codec/frame.ts";
import { HUFFMAN_NEVER, HpackEncoder } from "../../../../src/proxy/http2/codec/hpack/encoder.ts";
import { encodeBlock } from "./hpack/fields.ts";

export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;
export const PADDED = 8;
export const PRIORITIZED = 0x20;

export function frame(type: number, flags: number, streamId: number, payload: Buffer | string = ""): Buffer {
  const body = typeof payload === "string" ? Buffer.from(payload, "latin1") : payload;
  const head = Buffer.alloc(FRAME_HEADER_BYTES);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, body]);
}

export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

/** Identifier, value, identifier, value… */
export function settings(...pairs: number[]): Buffer {
  const payload = Buffer.alloc((pairs.length / 2) * 6);
  for (let index = 0; index < pairs.length; index += 2) {
    payload.writeUInt16BE(pairs[index] as number, index * 3);
    payload.writeUInt32BE(pairs[index + 1] as number, index * 3 + 2);
  }
  return frame(SETTINGS, 0, 0, payload);
}

export const settingsAck = frame(SETTINGS, ACK, 0);
export const clientStart = Buffer.concat([PREFACE, settings(), settingsAck]);
export const serverStart = Buffer.concat([settings(), settingsAck]);

/** A block that leaves every table as it is: name, value, name, value… */
export function block(list: readonly string[]): Buffer {
  const encoder = new HpackEncoder(0, HUFFMAN_NEVER);
  const pairs: [string, string][] = [];
  for (let index = 0; index < list.length; index += 2) pairs.push([list[index] as string, list[index + 1] as string]);
  // The first byte announces the empty table, which is the encoder's own business.
  return encodeBlock(encoder, pairs).subarray(1);
}

export function headers(streamId: number, list: readonly string[], flags = END_HEADERS | END_STREAM): Buffer {
  return frame(HEADERS, flags, streamId, block(list));
}

export const GET = [":method", "GET", ":scheme", "http", ":authority", "api", ":path", "/"] as const;
export const POST = [":method", "POST", ":scheme", "http", ":authority", "api", ":path", "/"] as const;
export const OK = [":status", "200"] as const;
export const OPEN = END_HEADERS;

export interface SentFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** The frames in `bytes`, a preface before them left out. */
export function parseFrames(bytes: Buffer): SentFrame[] {
  const frames: SentFrame[] = [];
  let at = bytes.subarray(0, PREFACE.length).equals(PREFACE) ? PREFACE.length : 0;
  while (at < bytes.length) {
    const length = bytes.readUIntBE(at, 3);
    frames.push({
      type: bytes[at + 3] as number,
      flags: bytes[at + 4] as number,
      streamId: bytes.readUInt32BE(at + 5),
      payload: Buffer.from(bytes.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + length)),
    });
    at += FRAME_HEADER_BYTES + length;
  }
  return frames;
}

const TYPE_NAMES = [
  "DATA",
  "HEADERS",
  "PRIORITY",
  "RST_STREAM",
  "SETTINGS",
  "PUSH_PROMISE",
  "PING",
  "GOAWAY",
  "WINDOW_UPDATE",
  "CONTINUATION",
];

/** `RST_STREAM 1 8`, `GOAWAY 0 3 1 bad-preface`, `WINDOW_UPDATE 0 500`, `DATA 1 5 end`, `SETTINGS 0 ack`. */
export function formatFrame({ type, flags, streamId, payload }: SentFrame): string {
  const words: (string | number)[] = [TYPE_NAMES[type] ?? type, streamId];
  if (type === RST_STREAM || type === WINDOW_UPDATE) words.push(payload.readUInt32BE(0));
  else if (type === GOAWAY) words.push(payload.readUInt32BE(0), payload.readUInt32BE(4), payload.toString("latin1", 8));
  else if (type === DATA) words.push(payload.length, ...(flags & END_STREAM ? ["end"] : []));
  else if (type === HEADERS) words.push(...(flags & END_STREAM ? ["end"] : []));
  else if (type === PING || type === SETTINGS) words.push(...(flags & ACK ? ["ack"] : []));
  return words.join(" ").trim();
}
