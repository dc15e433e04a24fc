import {
  CANCEL,
  COMPRESSION_ERROR,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  NO_ERROR,
  PROTOCOL_ERROR,
  REFUSED_STREAM,
  SETTINGS_TIMEOUT,
  STREAM_CLOSED,
} from "./error-codes.ts";

/**
 * Every way a peer, a stream or a message can be refused. `code` is stable (tests, log, debug data of GOAWAY);
 * `error` is what the peer is told (RFC 9113 7); `rule` is where it is written.
 */
export interface Failure {
  readonly code: string;
  readonly error: number;
  readonly rule: string;
}

function failure(code: string, error: number, rule: string): Failure {
  return Object.freeze({ code, error, rule });
}

export const FAILURE = Object.freeze({
  // The connection.
  badPreface: failure("bad-preface", PROTOCOL_ERROR, "RFC 9113 3.4: the client begins with the preface"),
  settingsFirst: failure("settings-first", PROTOCOL_ERROR, "RFC 9113 3.4: SETTINGS is the first frame"),
  frameTooLarge: failure("frame-too-large", FRAME_SIZE_ERROR, "RFC 9113 4.2: within SETTINGS_MAX_FRAME_SIZE"),
  badFrameSize: failure("bad-frame-size", FRAME_SIZE_ERROR, "RFC 9113 6: frames of fixed size"),
  needsStream: failure("needs-stream", PROTOCOL_ERROR, "RFC 9113 6: this frame belongs to a stream"),
  needsConnection: failure("needs-connection", PROTOCOL_ERROR, "RFC 9113 6: this frame belongs to the connection"),
  badPadding: failure("bad-padding", PROTOCOL_ERROR, "RFC 9113 6.1, 6.2: padding is shorter than the payload"),
  blockInterrupted: failure("block-interrupted", PROTOCOL_ERROR, "RFC 9113 4.3: a field block is contiguous"),
  strayContinuation: failure("stray-continuation", PROTOCOL_ERROR, "RFC 9113 6.10: CONTINUATION follows an open block"),
  pushPromise: failure("push-promise", PROTOCOL_ERROR, "RFC 9113 8.4: push is switched off, and clients never push"),
  idleStream: failure("idle-stream", PROTOCOL_ERROR, "RFC 9113 5.1: the stream has not been opened"),
  badStreamId: failure("bad-stream-id", PROTOCOL_ERROR, "RFC 9113 5.1.1: identifiers grow and belong to their side"),
  headersAfterClose: failure("headers-after-close", STREAM_CLOSED, "RFC 9113 5.1: the stream is closed"),
  ackWithPayload: failure("ack-with-payload", FRAME_SIZE_ERROR, "RFC 9113 6.5: an acknowledgement is empty"),
  strayAck: failure("stray-ack", PROTOCOL_ERROR, "RFC 9113 6.5.3: nothing to acknowledge"),
  badSetting: failure("bad-setting", PROTOCOL_ERROR, "RFC 9113 6.5.2, RFC 8441 3, RFC 9218 2.1: value out of range"),
  badInitialWindow: failure("bad-initial-window", FLOW_CONTROL_ERROR, "RFC 9113 6.5.2: at most 2^31-1"),
  windowOverflow: failure("window-overflow", FLOW_CONTROL_ERROR, "RFC 9113 6.9.1: a window is at most 2^31-1"),
  windowExceeded: failure("window-exceeded", FLOW_CONTROL_ERROR, "RFC 9113 6.9.1: more than the window allows"),
  zeroIncrement: failure("zero-increment", PROTOCOL_ERROR, "RFC 9113 6.9: an increment is not zero"),
  goawayGrew: failure("goaway-grew", PROTOCOL_ERROR, "RFC 9113 6.8: the last stream never grows"),
  settingsTimeout: failure("settings-timeout", SETTINGS_TIMEOUT, "RFC 9113 6.5.3: settings are acknowledged in time"),
  pingTimeout: failure("ping-timeout", NO_ERROR, "RFC 9113 6.7: a living peer answers PING"),
  transportClosed: failure("transport-closed", NO_ERROR, "RFC 9113 5.1: the connection ended under its streams"),
  shutDown: failure("shut-down", NO_ERROR, "RFC 9113 6.8: the connection was ended by this side"),
  // Field compression.
  hpackTruncated: failure("hpack-truncated", COMPRESSION_ERROR, "RFC 7541 3.2: a block holds whole fields"),
  hpackInteger: failure("hpack-integer", COMPRESSION_ERROR, "RFC 7541 5.1: limits on integers"),
  hpackIndex: failure("hpack-index", COMPRESSION_ERROR, "RFC 7541 2.3.3: no such entry"),
  hpackHuffman: failure("hpack-huffman", COMPRESSION_ERROR, "RFC 7541 5.2: padding is the start of EOS, less than a byte"),
  hpackSizeUpdate: failure("hpack-size-update", COMPRESSION_ERROR, "RFC 7541 4.2, 6.3: at the start, within the limit"),
  hpackMissingUpdate: failure("hpack-missing-update", COMPRESSION_ERROR, "RFC 7541 4.2: a lower limit is acknowledged"),
  // Messages (a stream error each, RFC 9113 8.1.1).
  badName: failure("bad-name", PROTOCOL_ERROR, "RFC 9113 8.2.1: a name is a token in lower case"),
  badValue: failure("bad-value", PROTOCOL_ERROR, "RFC 9113 8.2.1: no control characters, no space around a value"),
  connectionField: failure("connection-field", PROTOCOL_ERROR, "RFC 9113 8.2.2: fields of one HTTP/1.1 connection"),
  badTe: failure("bad-te", PROTOCOL_ERROR, "RFC 9113 8.2.2: TE is `trailers` or absent"),
  unknownPseudo: failure("unknown-pseudo", PROTOCOL_ERROR, "RFC 9113 8.3: a pseudo-header field of this kind of message"),
  latePseudo: failure("late-pseudo", PROTOCOL_ERROR, "RFC 9113 8.3: pseudo-header fields come first"),
  doubledPseudo: failure("doubled-pseudo", PROTOCOL_ERROR, "RFC 9113 8.3: each pseudo-header field once"),
  missingPseudo: failure("missing-pseudo", PROTOCOL_ERROR, "RFC 9113 8.3.1, 8.3.2: mandatory pseudo-header fields"),
  badMethod: failure("bad-method", PROTOCOL_ERROR, "RFC 9110 9.1: a method is a token"),
  badScheme: failure("bad-scheme", PROTOCOL_ERROR, "RFC 3986 3.1"),
  badPath: failure("bad-path", PROTOCOL_ERROR, "RFC 9113 8.3.1: a path begins with a slash, or is * for OPTIONS"),
  badAuthority: failure("bad-authority", PROTOCOL_ERROR, "RFC 9113 8.3.1: host and port, no user information"),
  badHost: failure("bad-host", PROTOCOL_ERROR, "RFC 9113 8.3.1: one Host, the same as :authority"),
  badStatus: failure("bad-status", PROTOCOL_ERROR, "RFC 9113 8.3.2: three digits; 8.6: never 101"),
  badConnect: failure("bad-connect", PROTOCOL_ERROR, "RFC 9113 8.5, RFC 8441 4: fields of a CONNECT request"),
  badLength: failure("bad-length", PROTOCOL_ERROR, "RFC 9110 8.6: Content-Length is one number"),
  lengthMismatch: failure("length-mismatch", PROTOCOL_ERROR, "RFC 9113 8.1.1: Content-Length equals the DATA received"),
  trailersOpen: failure("trailers-open", PROTOCOL_ERROR, "RFC 9113 8.1: trailers end the stream"),
  interimEnd: failure("interim-end", PROTOCOL_ERROR, "RFC 9113 8.1: an interim response does not end the stream"),
  dataBeforeHead: failure("data-before-head", PROTOCOL_ERROR, "RFC 9113 8.1: a message begins with HEADERS"),
  streamEnded: failure("stream-ended", STREAM_CLOSED, "RFC 9113 5.1: nothing follows END_STREAM"),
  tooManyStreams: failure("too-many-streams", REFUSED_STREAM, "RFC 9113 5.1.2: within SETTINGS_MAX_CONCURRENT_STREAMS"),
  unprocessed: failure("unprocessed", REFUSED_STREAM, "RFC 9113 6.8: above the last stream of GOAWAY"),
  headersTooLarge: failure("headers-too-large", ENHANCE_YOUR_CALM, "RFC 9113 10.5.1: limits on field blocks"),
  // Abuse: limits that no honest peer meets (RFC 9113 10.5).
  rapidReset: failure("rapid-reset", ENHANCE_YOUR_CALM, "RFC 9113 10.5: streams opened and reset"),
  madeYouReset: failure("made-you-reset", ENHANCE_YOUR_CALM, "RFC 9113 10.5: streams that had to be reset"),
  continuationFlood: failure("continuation-flood", ENHANCE_YOUR_CALM, "RFC 9113 10.5: a field block in too many frames"),
  blockTooLarge: failure("block-too-large", ENHANCE_YOUR_CALM, "RFC 9113 10.5.1: a field block of too many bytes"),
  hpackBomb: failure("hpack-bomb", ENHANCE_YOUR_CALM, "RFC 9113 10.5.1: a small block that unfolds to very much"),
  settingsFlood: failure("settings-flood", ENHANCE_YOUR_CALM, "RFC 9113 10.5: SETTINGS without end"),
  tooManySettings: failure("too-many-settings", ENHANCE_YOUR_CALM, "RFC 9113 10.5: settings in one frame"),
  pingFlood: failure("ping-flood", ENHANCE_YOUR_CALM, "RFC 9113 10.5: PING without end"),
  emptyDataFlood: failure("empty-data-flood", ENHANCE_YOUR_CALM, "RFC 9113 10.5: DATA that carries nothing"),
  priorityFlood: failure("priority-flood", ENHANCE_YOUR_CALM, "RFC 9113 10.5: PRIORITY without end"),
  windowUpdateFlood: failure("window-update-flood", ENHANCE_YOUR_CALM, "RFC 9113 10.5: more credit frames than data"),
  unknownFrameFlood: failure("unknown-frame-flood", ENHANCE_YOUR_CALM, "RFC 9113 5.5, 10.5: frames nobody knows"),
  controlBacklog: failure("control-backlog", ENHANCE_YOUR_CALM, "RFC 9113 10.5: answers asked for and never read"),
  interimFlood: failure("interim-flood", ENHANCE_YOUR_CALM, "RFC 9113 10.5: interim responses without end"),
  slowHeaders: failure("slow-headers", ENHANCE_YOUR_CALM, "RFC 9113 10.5: a field block that does not end in time"),
  streamIdle: failure("stream-idle", CANCEL, "RFC 9113 10.5: a stream on which nothing happens"),
  windowStall: failure("window-stall", ENHANCE_YOUR_CALM, "RFC 9113 10.5: a window that stays shut"),
});
