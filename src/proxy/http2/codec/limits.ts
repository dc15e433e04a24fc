/**
 * What a peer may use of this side. Announced in SETTINGS where there is a setting for it; the others no honest
 * peer meets. Rates are per second with a burst of the same size unless said otherwise.
 */
export interface Http2Limits {
  /** Requests under way that the peer has opened (SETTINGS_MAX_CONCURRENT_STREAMS). */
  readonly maxConcurrentStreams: number;
  /** Lines of a field section; more: 431 by the owner for a request, a reset otherwise. */
  readonly maxHeaderLines: number;
  /** Bytes of a field section as RFC 9113 6.5.2 counts them: 32 for each line beside its text. */
  readonly maxHeaderListBytes: number;
  /** Decoded bytes at which a field section is an attack: the connection ends. */
  readonly maxHeaderBombBytes: number;
  /** Bytes of a field block before decoding, all its frames together. */
  readonly maxBlockBytes: number;
  /** CONTINUATION frames of one field block. */
  readonly maxContinuations: number;
  /** Bytes the peer may send on a stream before they are consumed; at least 65,535. */
  readonly streamWindow: number;
  /** Bytes of all streams in flight; credit returns when bytes are handed over. At least 65,535. */
  readonly connectionWindow: number;
  /** Payload bytes of a frame received, 16,384 or more. */
  readonly maxFrameSize: number;
  /** Bytes of the decoder's dynamic table. */
  readonly headerTableSize: number;
  /** Bytes of the encoder's dynamic table at most; the peer may allow less. */
  readonly encoderTableSize: number;
  /** Entries of one SETTINGS frame. */
  readonly maxSettings: number;
  readonly settingsPerSecond: number;
  /** Beside one for each DATA frame sent to the peer. */
  readonly pingsPerSecond: number;
  /** RST_STREAM a client may send, and streams that may have to be reset for its mistakes. */
  readonly resetsPerSecond: number;
  /** Resets this side may send before it opens no new streams for a while: far enough below what our proxies accept. */
  readonly ownResetsPerSecond: number;
  readonly ownResetsBurst: number;
  readonly prioritiesPerSecond: number;
  readonly emptyDataPerSecond: number;
  /** 1xx before one final response: no window holds them back. */
  readonly maxInterims: number;
  /** Beside four for each DATA frame sent to the peer. */
  readonly windowUpdatesPerSecond: number;
  readonly unknownFramesPerSecond: number;
  /** Answers to control frames that wait for the peer to read them. */
  readonly maxControlQueued: number;
  /** PINGs of this side without an answer. */
  readonly maxPingsOutstanding: number;
  /** Bytes of output that wait before bodies have to. */
  readonly maxOutputBytes: number;
  /** First SETTINGS of the peer, and its acknowledgement of ours. */
  readonly settingsTimeoutMs: number;
  /** An answer to our PING; also how long a graceful end waits for it. */
  readonly pingTimeoutMs: number;
  /** A field block from its first frame to its last. */
  readonly headerTimeoutMs: number;
  /** A stream on which nothing has moved either way. */
  readonly idleStreamMs: number;
  /** A stream with bytes waiting for its window moves at least `stallBytes` in this time. */
  readonly stallTimeoutMs: number;
  readonly stallBytes: number;
  /** CONNECT with `:protocol` is accepted (RFC 8441): servers only. */
  readonly connectProtocol: boolean;
}

/** What RFC 9113 6.5.2 counts for each line beside its text. */
const LINE_BYTES = 32;
/** 100 lines beside the pseudo-header fields; 16 KiB beside a target of 8 KiB: as in HTTP/1. */
const APP_LINES = 104;
const APP_TEXT_BYTES = 24 * 1_024;
/** What a proxy adds: nothing accepted at the first hop is refused at the second. */
const ADDED_LINES = 16;
const ADDED_BYTES = 1_024;

/** For applications and strangers. */
export const APP_LIMITS: Http2Limits = Object.freeze({
  maxConcurrentStreams: 100,
  maxHeaderLines: APP_LINES,
  maxHeaderListBytes: APP_TEXT_BYTES + APP_LINES * LINE_BYTES,
  maxHeaderBombBytes: 128 * 1_024,
  maxBlockBytes: 48 * 1_024,
  maxContinuations: 32,
  streamWindow: 64 * 1_024,
  connectionWindow: 1_024 * 1_024,
  maxFrameSize: 16_384,
  headerTableSize: 4_096,
  encoderTableSize: 4_096,
  maxSettings: 32,
  settingsPerSecond: 20,
  pingsPerSecond: 100,
  resetsPerSecond: 200,
  // nghttp2 ends a connection after 1,000 at once and 33 a second; a Node server remembers bytes of cancelled answers, and
  // at 10 MB refuses what is new. A new connection costs less.
  ownResetsPerSecond: 2,
  ownResetsBurst: 20,
  prioritiesPerSecond: 400,
  emptyDataPerSecond: 100,
  maxInterims: 100,
  windowUpdatesPerSecond: 800,
  unknownFramesPerSecond: 200,
  maxControlQueued: 1_000,
  maxPingsOutstanding: 10,
  maxOutputBytes: 256 * 1_024,
  settingsTimeoutMs: 10_000,
  pingTimeoutMs: 10_000,
  headerTimeoutMs: 10_000,
  stallTimeoutMs: 30_000,
  stallBytes: 4_096,
  idleStreamMs: 3_600_000,
  connectProtocol: true,
});

/** Between two of our own proxies: the requests of many clients on one connection. */
export const MESH_LIMITS: Http2Limits = Object.freeze({
  ...APP_LIMITS,
  maxConcurrentStreams: 1_000,
  maxHeaderLines: APP_LINES + ADDED_LINES,
  maxHeaderListBytes: APP_TEXT_BYTES + ADDED_BYTES + (APP_LINES + ADDED_LINES) * LINE_BYTES,
  connectionWindow: 8 * 1_024 * 1_024,
  headerTableSize: 16_384,
  encoderTableSize: 16_384,
  // Whoever leaves without an answer costs a reset: five times what the other proxy lets its clients cause.
  resetsPerSecond: 5_000,
  ownResetsPerSecond: 1_000,
  ownResetsBurst: 1_000,
  maxControlQueued: 10_000,
  maxOutputBytes: 1_024 * 1_024,
});
