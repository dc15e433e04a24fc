import type { ReasonCode } from "../../../messages/reasons.ts";

/**
 * Every way a message can be refused. `code` is stable (tests, log); `reason` is what the caller is told
 * for a request; `rule` is where it is written.
 */
export interface Failure {
  readonly code: string;
  readonly reason: ReasonCode;
  readonly rule: string;
}

function failure(code: string, rule: string, reason: ReasonCode = "bad-request"): Failure {
  return Object.freeze({ code, reason, rule });
}

export const FAILURE = Object.freeze({
  badMethod: failure("bad-method", "RFC 9112 3.1: method is a token followed by one space"),
  badTarget: failure("bad-target", "RFC 9112 3.2: the target has no whitespace or control characters"),
  targetNotAscii: failure("target-not-ascii", "RFC 3986 2: bytes above 127 are percent-encoded", "bad-path"),
  targetTooLong: failure("target-too-long", "RFC 9110 15.5.15", "uri-too-long"),
  badRequestLine: failure("bad-request-line", "RFC 9112 3: method SP target SP version CRLF"),
  badVersion: failure("bad-version", "RFC 9112 2.3: HTTP/1.0 or HTTP/1.1", "unsupported-version"),
  badStatusLine: failure("bad-status-line", "RFC 9112 4: version SP three digits SP reason CRLF"),
  bareLf: failure("bare-lf", "RFC 9112 2.2: a line ends in CRLF"),
  bareCr: failure("bare-cr", "RFC 9112 2.2: CR only before LF"),
  nul: failure("nul", "RFC 9110 5.5: NUL in a field value is refused"),
  controlInValue: failure("control-in-value", "RFC 9110 5.5: no control characters in a field value"),
  foldedLine: failure("folded-line", "RFC 9112 5.2: line folding is refused"),
  badName: failure("bad-name", "RFC 9110 5.1: a field name is a token"),
  spaceBeforeColon: failure("space-before-colon", "RFC 9112 5.1: no whitespace between name and colon"),
  missingColon: failure("missing-colon", "RFC 9112 5: name, colon, value"),
  headTooLarge: failure("head-too-large", "RFC 6585 5", "headers-too-large"),
  tooManyLines: failure("too-many-lines", "RFC 6585 5", "headers-too-large"),
  badLength: failure("bad-length", "RFC 9110 8.6: Content-Length is one number"),
  doubledLength: failure("doubled-length", "RFC 9112 6.3: more than one Content-Length"),
  lengthAndEncoding: failure("length-and-encoding", "RFC 9112 6.1: Content-Length beside Transfer-Encoding"),
  lengthBesideConnect: failure("length-beside-connect", "RFC 9110 9.3.6: CONNECT has no content"),
  badEncoding: failure("bad-encoding", "RFC 9112 6.1: chunked once, and last"),
  unknownEncoding: failure("unknown-encoding", "RFC 9112 6.1: only chunked is understood", "unsupported-transfer-encoding"),
  encodingInOldVersion: failure("encoding-in-1.0", "RFC 9112 6.1: HTTP/1.0 has no Transfer-Encoding"),
  missingHost: failure("missing-host", "RFC 9112 3.2: HTTP/1.1 has exactly one Host", "bad-host"),
  doubledHost: failure("doubled-host", "RFC 9112 3.2: HTTP/1.1 has exactly one Host", "bad-host"),
  badHost: failure("bad-host", "RFC 9110 7.2: Host is a name and an optional port", "bad-host"),
  unknownExpectation: failure("unknown-expectation", "RFC 9110 10.1.1: only 100-continue", "unsupported-expectation"),
  badChunkSize: failure("bad-chunk-size", "RFC 9112 7.1: hexadecimal digits"),
  badChunkExtension: failure("bad-chunk-extension", "RFC 9112 7.1.1: ;name[=value]"),
  chunkExtensionTooLong: failure("chunk-extension-too-long", "RFC 9112 7.1.1: limits on extensions"),
  badChunkEnd: failure("bad-chunk-end", "RFC 9112 7.1: chunk data ends in CRLF"),
  truncated: failure("truncated", "RFC 9112 8: the message is incomplete"),
});
