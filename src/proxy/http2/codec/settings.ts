/** SETTINGS of both sides (RFC 9113 6.5.2, RFC 8441 3, RFC 9218 2.1). */
import { FAILURE, type Failure } from "./failure.ts";
import { INITIAL_MAX_FRAME, INITIAL_WINDOW, MAX_WINDOW } from "./frame.ts";
import type { Http2Limits } from "./limits.ts";

export const SETTING_HEADER_TABLE_SIZE = 0x1;
export const SETTING_ENABLE_PUSH = 0x2;
export const SETTING_MAX_CONCURRENT_STREAMS = 0x3;
export const SETTING_INITIAL_WINDOW_SIZE = 0x4;
export const SETTING_MAX_FRAME_SIZE = 0x5;
export const SETTING_MAX_HEADER_LIST_SIZE = 0x6;
export const SETTING_ENABLE_CONNECT_PROTOCOL = 0x8;
export const SETTING_NO_RFC7540_PRIORITIES = 0x9;

export const SETTING_BYTES = 6;
/** What a client opens at most before the server has said its limit (RFC 9113 6.5.2 recommends no fewer). */
const STREAMS_BEFORE_SETTINGS = 100;
const MOST_FRAME = 0xff_ffff;

export const SIDE_CLIENT = 0;
export const SIDE_SERVER = 1;
export type Side = typeof SIDE_CLIENT | typeof SIDE_SERVER;

/** Identifiers and values this side announces, in pairs. */
export function ownSettings(side: Side, limits: Http2Limits): number[] {
  const pairs = [SETTING_INITIAL_WINDOW_SIZE, limits.streamWindow, SETTING_MAX_HEADER_LIST_SIZE, limits.maxHeaderListBytes];
  if (limits.headerTableSize !== 4_096) pairs.push(SETTING_HEADER_TABLE_SIZE, limits.headerTableSize);
  if (limits.maxFrameSize !== INITIAL_MAX_FRAME) pairs.push(SETTING_MAX_FRAME_SIZE, limits.maxFrameSize);
  if (side === SIDE_CLIENT) pairs.push(SETTING_ENABLE_PUSH, 0);
  else {
    pairs.push(SETTING_MAX_CONCURRENT_STREAMS, limits.maxConcurrentStreams, SETTING_NO_RFC7540_PRIORITIES, 1);
    if (limits.connectProtocol) pairs.push(SETTING_ENABLE_CONNECT_PROTOCOL, 1);
  }
  return pairs;
}

/** What the peer announced last. */
export class PeerSettings {
  headerTableSize = 4_096;
  maxConcurrentStreams = STREAMS_BEFORE_SETTINGS;
  initialWindow = INITIAL_WINDOW;
  maxFrameSize = INITIAL_MAX_FRAME;
  /** Bytes as RFC 9113 6.5.2 counts them; advisory. */
  maxHeaderListBytes = Number.POSITIVE_INFINITY;
  /** The server accepts extended CONNECT (RFC 8441). */
  connectProtocol = false;
  /** The first SETTINGS has arrived. */
  seen = false;

  /** Applies the entries in their order. `peer` is the side that sent them. */
  apply(bytes: Buffer, start: number, end: number, peer: Side): Failure | null {
    if (!this.seen) {
      this.seen = true;
      this.maxConcurrentStreams = Number.POSITIVE_INFINITY;
    }
    for (let at = start; at < end; at += SETTING_BYTES) {
      const refused = this.#set(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2), peer);
      if (refused !== null) return refused;
    }
    return null;
  }

  #set(id: number, value: number, peer: Side): Failure | null {
    switch (id) {
      case SETTING_HEADER_TABLE_SIZE:
        this.headerTableSize = value;
        return null;
      case SETTING_ENABLE_PUSH:
        return value > 1 || (value === 1 && peer === SIDE_SERVER) ? FAILURE.badSetting : null;
      case SETTING_MAX_CONCURRENT_STREAMS:
        this.maxConcurrentStreams = value;
        return null;
      case SETTING_INITIAL_WINDOW_SIZE:
        if (value > MAX_WINDOW) return FAILURE.badInitialWindow;
        this.initialWindow = value;
        return null;
      case SETTING_MAX_FRAME_SIZE:
        if (value < INITIAL_MAX_FRAME || value > MOST_FRAME) return FAILURE.badSetting;
        this.maxFrameSize = value;
        return null;
      case SETTING_MAX_HEADER_LIST_SIZE:
        this.maxHeaderListBytes = value;
        return null;
      case SETTING_ENABLE_CONNECT_PROTOCOL:
        // Once said it cannot be taken back (RFC 8441 3).
        if (value > 1 || (value === 0 && this.connectProtocol)) return FAILURE.badSetting;
        if (peer === SIDE_SERVER) this.connectProtocol = value === 1;
        return null;
      case SETTING_NO_RFC7540_PRIORITIES:
        return value > 1 ? FAILURE.badSetting : null;
      default:
        return null;
    }
  }
}
