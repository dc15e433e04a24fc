/** Frames written in place into the one output buffer of a connection. */
import type { ByteWriter } from "../../http1/codec/byte-writer.ts";
import { FLAG_ACK, FRAME_HEADER_BYTES, T_GOAWAY, T_PING, T_RST_STREAM, T_SETTINGS, T_WINDOW_UPDATE } from "./frame.ts";
import { SETTING_BYTES } from "./settings.ts";

/** RFC 9113 4.1. Reserves `length` bytes of payload behind it as well. */
export function writeFrameHeader(out: ByteWriter, length: number, type: number, flags: number, streamId: number): void {
  out.reserve(FRAME_HEADER_BYTES + length);
  putFrameHeader(out.bytes, out.length, length, type, flags, streamId);
  out.length += FRAME_HEADER_BYTES;
}

export function putFrameHeader(bytes: Buffer, at: number, length: number, type: number, flags: number, streamId: number): void {
  bytes[at] = length >>> 16;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length;
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  putUint32(bytes, at + 5, streamId);
}

export function putUint32(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** `pairs`: identifier, value, identifier, value… */
export function writeSettings(out: ByteWriter, pairs: readonly number[]): void {
  writeFrameHeader(out, (pairs.length / 2) * SETTING_BYTES, T_SETTINGS, 0, 0);
  for (let index = 0; index < pairs.length; index += 2) {
    const id = pairs[index] as number;
    out.bytes[out.length] = id >>> 8;
    out.bytes[out.length + 1] = id;
    putUint32(out.bytes, out.length + 2, pairs[index + 1] as number);
    out.length += SETTING_BYTES;
  }
}

export function writeSettingsAck(out: ByteWriter): void {
  writeFrameHeader(out, 0, T_SETTINGS, FLAG_ACK, 0);
}

/** `token`: the eight bytes of the PING, or their answer. */
export function writePing(out: ByteWriter, ack: boolean, token: Uint8Array, from: number): void {
  writeFrameHeader(out, 8, T_PING, ack ? FLAG_ACK : 0, 0);
  for (let index = 0; index < 8; index += 1) out.bytes[out.length++] = token[from + index] as number;
}

/** `debug`: Latin-1 text for the peer's log. */
export function writeGoaway(out: ByteWriter, lastStreamId: number, error: number, debug: string): void {
  writeFrameHeader(out, 8 + debug.length, T_GOAWAY, 0, 0);
  putUint32(out.bytes, out.length, lastStreamId);
  putUint32(out.bytes, out.length + 4, error);
  out.length += 8;
  out.text(debug);
}

export function writeReset(out: ByteWriter, streamId: number, error: number): void {
  writeFrameHeader(out, 4, T_RST_STREAM, 0, streamId);
  putUint32(out.bytes, out.length, error);
  out.length += 4;
}

export function writeWindowUpdate(out: ByteWriter, streamId: number, increment: number): void {
  writeFrameHeader(out, 4, T_WINDOW_UPDATE, 0, streamId);
  putUint32(out.bytes, out.length, increment);
  out.length += 4;
}
