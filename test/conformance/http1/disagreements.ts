/** HTTP/1.1 requests without Host: refused as they are (unit vectors say so); here one is put in, so that the rest is tried. */
export const NEEDS_HOST = / HTTP\/1\.1\r\n(?![^]*?^host:)/im;

const EARLIER_CODING = "only chunked is understood; another coding before it is answered 501 (RFC 9112 6.1)";
const OTHER_PROTOCOL = "RTSP and ICE are not HTTP: refused (RFC 9112 2.3)";
const CONNECT = "CONNECT belongs to the HTTP_PROXY listener; elsewhere it is refused (RFC 9110 9.3.6 leaves it to the server)";
const TOLD_TO_START_ANEW = "the test tells llhttp to start anew in the middle of a body; we read what Content-Length says";
const LENGTH_FROM_CLOSE =
  "an encoding we do not understand could be read until the connection ends (RFC 9112 6.3); refused as upstream-bad-response";
const BYTES_BETWEEN = "bytes between two answers belong to nothing: the connection is not used again (promise S5)";
const SWITCHED = "what follows 101 is the new protocol (RFC 9110 15.2.2): the engine stops reading HTTP there, this test does not";

export const LLHTTP_DISAGREEMENTS: Readonly<Record<string, string>> = {
  "request/content-length.md: Content-Length reset when no body is received": TOLD_TO_START_ANEW,
  "request/invalid.md: HTTP protocol and ANNOUNCE method": "a method is a token (RFC 9110 9.1): unknown ones are forwarded",
  "request/invalid.md: Invalid method": "a method is a token (RFC 9110 9.1): unknown ones are forwarded",
  "request/method.md: CONNECT request": CONNECT,
  "request/method.md: CONNECT request with CAPS": CONNECT,
  "request/method.md: CONNECT with body": CONNECT,
  "request/method.md: M-SEARCH request": "asterisk form is for OPTIONS alone (RFC 9112 3.2.4)",
  "request/method.md: SOURCE request with ICE": OTHER_PROTOCOL,
  "request/method.md: OPTIONS request with RTSP": OTHER_PROTOCOL,
  "request/method.md: ANNOUNCE request with RTSP": OTHER_PROTOCOL,
  "request/sample.md: No HTTP version": "HTTP/0.9 is refused (RFC 9112 3: the version is part of the request line)",
  "request/transfer-encoding.md: POST with `chunked` as last transfer-encoding": EARLIER_CODING,
  "request/transfer-encoding.md: POST with `chunked` as last transfer-encoding (multiple headers)": EARLIER_CODING,
  "request/uri.md: Fragment in URI": "a target has no fragment (RFC 9112 3.2): refused, rules could read it otherwise than the server",
  "request/uri.md: Underscore in hostname": CONNECT,
  "request/uri.md: `host:port` and basic auth": "user information in an http target is refused (RFC 9110 4.2.4)",
  "response/connection.md: HTTP/1.0 with keep-alive and 204 status":
    "the second answer has no line end behind its status line; llhttp reports it begun, we wait",
  "response/connection.md: HTTP/1.1 with 204 status":
    "the second answer has no line end behind its status line; llhttp reports it begun, we wait",
  "response/connection.md: HTTP/1.1 with keep-alive disabled and 204 status":
    "the codec reads message after message; the engine ends the connection after Connection: close",
  "response/connection.md: HTTP 101 response with Upgrade and Content-Length header": SWITCHED,
  "response/connection.md: HTTP 101 response with Upgrade and Transfer-Encoding header": SWITCHED,
  "response/connection.md: HTTP 304 with Content-Length": BYTES_BETWEEN,
  "response/connection.md: HTTP 100 first, then 400":
    "an empty line before the status line is refused (RFC 9112 2.2 grants it to requests only)",
  "response/content-length.md: Content-Length reset when no body is received": TOLD_TO_START_ANEW,
  "response/pipelining.md: Should parse multiple events": BYTES_BETWEEN,
  "response/sample.md: RTSP response": OTHER_PROTOCOL,
  "response/sample.md: ICE response": OTHER_PROTOCOL,
  "response/sample.md: HTTP version 0.9": "HTTP/0.9 has no status line (RFC 9112 2.3)",
  "response/sample.md: Response starting with CRLF":
    "an empty line before the status line is refused (RFC 9112 2.2 grants it to requests only)",
  "response/transfer-encoding.md: `chunked` before other transfer-encoding": LENGTH_FROM_CLOSE,
  "response/transfer-encoding.md: multiple transfer-encoding where chunked is not the last one": LENGTH_FROM_CLOSE,
  "response/transfer-encoding.md: `chunkedchunked` transfer-encoding does not enable chunked enconding": LENGTH_FROM_CLOSE,
};

const PROXY_PROTOCOL = "the PROXY protocol is not spoken here";

export const GUNICORN_DISAGREEMENTS: Readonly<Record<string, string>> = {
  "005.http": "a target has no fragment (RFC 9112 3.2)",
  "009.http": "identity is no transfer coding any more (RFC 9112 7), and Content-Length stands beside it",
  "025.http": EARLIER_CODING,
  "025_line.http": EARLIER_CODING,
  "027.http": "raw bytes above 127 in the target are refused (RFC 3986 2)",
  "028.http": "a space before the colon is refused (RFC 9112 5.1); gunicorn takes it with an option only",
  "029.http": EARLIER_CODING,
  "030.http": EARLIER_CODING,
  "099.http": "the body in the file is shorter than its Content-Length: an incomplete request",
  "compat_obs_fold.http": "folded lines are refused (RFC 9112 5.2)",
  "compat_obs_fold_huge.http": "folded lines are refused (RFC 9112 5.2)",
  "pp_01.http": PROXY_PROTOCOL,
  "pp_02.http": PROXY_PROTOCOL,
  "pp_04.http": PROXY_PROTOCOL,
  "pp_05.http": PROXY_PROTOCOL,
  "rfc9112_smuggle_gzip_chunked_01.http": EARLIER_CODING,
  "rfc9112_smuggle_te_identity_chunked_01.http": EARLIER_CODING,
  "rfc9112_target_absolute_https_01.http": "an https target asks for TLS to the origin, which this hop does not make",
  "rfc9112_target_absolute_userinfo_01.http": "user information in an http target is refused (RFC 9110 4.2.4)",
  "rfc9112_target_authority_connect_01.http": CONNECT,
  "rfc9112_target_authority_ipv6_01.http": CONNECT,
};
