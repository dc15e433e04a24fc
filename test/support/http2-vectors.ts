/** Hostile and borderline HTTP/2 requests (promise S1, from HTTP/2 to HTTP/1), one table for every tier. Latin-1 text. */
export interface Http2Vector {
  readonly name: string;
  /** Name, value, name, value… of the head; pseudo-header fields first unless that is what is wrong. */
  readonly head: readonly string[];
  /** DATA frames; without them END_STREAM stands on HEADERS. */
  readonly data?: readonly string[];
  /** Trailers end the stream. */
  readonly trailers?: readonly string[];
  /** What an HTTP/1 application may get: this target and body, once; absent: nothing. */
  readonly target?: string;
  readonly body?: string;
  /** A text that may stand nowhere in what it gets. */
  readonly never?: RegExp;
}

const PATH = "/p";

/** Pseudo-header fields with some of them replaced. */
function pseudo(replaced: Readonly<Record<string, string>> = {}): string[] {
  const all = { ":method": "POST", ":scheme": "http", ":authority": "api", ":path": PATH, ...replaced };
  return Object.entries(all).flat();
}

function no(name: string, head: readonly string[], more: Partial<Http2Vector> = {}): Http2Vector {
  return { name, head, ...more };
}

function yes(name: string, head: readonly string[], more: Partial<Http2Vector> = {}): Http2Vector {
  return { name, head, target: PATH, body: more.data?.join("") ?? "", ...more };
}

const SECOND = "\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: api\r\n\r\n";
const SMUGGLED = /smuggled/;
const CONNECT = { ":method": "CONNECT", ":protocol": "websocket" };

export const HTTP2_ROWS: readonly { readonly row: string; readonly rfc: string; readonly vectors: readonly Http2Vector[] }[] = [
  {
    row: "line ends and NUL",
    rfc: "RFC 9113 8.2.1, 10.3",
    vectors: [
      no("CRLF in a value", [...pseudo(), "x-a", `b${SECOND}`]),
      no("CR in a value", [...pseudo(), "x-a", "b\rc"]),
      no("LF in a value", [...pseudo(), "x-a", "b\nTransfer-Encoding: chunked"]),
      no("NUL in a value", [...pseudo(), "x-a", "b\0c"]),
      no("LF at the end of a value", [...pseudo(), "x-a", "b\n"]),
      no("space around a value", [...pseudo(), "x-a", " b "]),
      no("tab before a value", [...pseudo(), "x-a", "\tb"]),
      no("CRLF in a name", [...pseudo(), "x-a\r\ntransfer-encoding", "chunked"]),
      no("colon and space in a name", [...pseudo(), "transfer-encoding: chunked\r\nx", "y"]),
      no("NUL in a name", [...pseudo(), "x\0a", "b"]),
      no("a space in a name", [...pseudo(), "x a", "b"]),
      no("an empty name", [...pseudo(), "", "b"]),
      no("upper case in a name", [...pseudo(), "X-A", "b"]),
      no("a byte above 127 in a name", [...pseudo(), "x\xe4", "b"]),
      no("CRLF in a trailer's value", pseudo(), { data: ["a"], trailers: ["x-t", `b${SECOND}`], never: SMUGGLED }),
      no("CRLF in a trailer's name", pseudo(), { data: ["a"], trailers: ["x\r\n\r\nGET", "b"] }),
      no("CRLF in a cookie", [...pseudo(), "cookie", "a=b", "cookie", `c=d${SECOND}`]),
      yes("obs-text in a value", [...pseudo(), "x-a", "\x80\xff"]),
    ],
  },
  {
    row: "pseudo-header fields",
    rfc: "RFC 9113 8.3, 8.3.1",
    vectors: [
      no("CRLF in :method", pseudo({ ":method": `GET / HTTP/1.1${SECOND}` })),
      no("a space in :method", pseudo({ ":method": "GET /smuggled" })),
      no("an empty :method", pseudo({ ":method": "" })),
      no("CRLF in :path", pseudo({ ":path": `/ HTTP/1.1${SECOND}` })),
      no("a space in :path", pseudo({ ":path": "/a b" })),
      no("a version in :path", pseudo({ ":path": "/ HTTP/1.1" })),
      no("a tab in :path", pseudo({ ":path": "/a\tb" })),
      no("NUL in :path", pseudo({ ":path": "/a\0" })),
      no("a byte above 127 in :path", pseudo({ ":path": "/\xc3\xa4" })),
      no("a fragment", pseudo({ ":path": "/a#b" })),
      no("a backslash", pseudo({ ":path": "/a\\b" })),
      no("a path that climbs out", pseudo({ ":path": "/../etc" })),
      no("an empty :path", pseudo({ ":path": "" })),
      no("absolute form", pseudo({ ":path": "http://evil/" })),
      no("a relative :path", pseudo({ ":path": "p" })),
      no("* without OPTIONS", pseudo({ ":path": "*" })),
      yes("* with OPTIONS", pseudo({ ":method": "OPTIONS", ":path": "*" }), { target: "*" }),
      no("CRLF in :scheme", pseudo({ ":scheme": `http${SECOND}` })),
      yes("https as :scheme", pseudo({ ":scheme": "https" })),
      no("CRLF in :authority", pseudo({ ":authority": `api${SECOND}` })),
      no("user information in :authority", pseudo({ ":authority": "u@api" })),
      no("a path in :authority", pseudo({ ":authority": "api/x" })),
      no("a list in :authority", pseudo({ ":authority": "api, evil:80" })),
      no("a port that is none", pseudo({ ":authority": "api:80x" })),
      no("Host that contradicts :authority", [...pseudo(), "host", "evil"]),
      yes("Host that agrees", [...pseudo(), "host", "api"]),
      no("two Hosts", [...pseudo(), "host", "api", "host", "api"]),
      no("neither", [":method", "POST", ":scheme", "http", ":path", PATH]),
      yes("Host alone", [":method", "POST", ":scheme", "http", ":path", PATH, "host", "api"]),
      no("no :method", [":scheme", "http", ":authority", "api", ":path", PATH]),
      no("no :scheme", [":method", "POST", ":authority", "api", ":path", PATH]),
      no("no :path", [":method", "POST", ":scheme", "http", ":authority", "api"]),
      no("two of :path", [...pseudo(), ":path", "/smuggled"]),
      no("one nobody knows", [...pseudo(), ":x", "y"]),
      no(":status in a request", [...pseudo(), ":status", "200"]),
      no("one behind a field", [":method", "POST", ":scheme", "http", ":authority", "api", "x-a", "b", ":path", PATH]),
      no("one in trailers", pseudo(), { data: ["a"], trailers: [":path", "/smuggled"] }),
    ],
  },
  {
    row: "framing",
    rfc: "RFC 9113 8.1.1, 8.2.2",
    vectors: [
      yes("no length", pseudo(), { data: ["ab", "c"] }),
      yes("a length", [...pseudo(), "content-length", "3"], { data: ["ab", "c"] }),
      yes("a length of 0", [...pseudo(), "content-length", "0"]),
      yes("a body that looks like chunks", pseudo(), { data: ["0\r\n\r\nGET /x HTTP/1.1\r\n\r\n"] }),
      yes("a body that looks like a request", [...pseudo(), "content-length", "29"], {
        data: ["GET /x HTTP/1.1\r\nHost: api\r\n\r\n".slice(0, 29)],
      }),
      yes("trailers behind a length", [...pseudo(), "content-length", "1"], { data: ["a"], trailers: ["x-t", "1"] }),
      no("transfer-encoding", [...pseudo(), "transfer-encoding", "chunked"], {
        data: ["0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n"],
        never: SMUGGLED,
      }),
      yes("transfer_encoding", [...pseudo(), "transfer_encoding", "chunked"], { data: ["abc"], never: /transfer_/ }),
      yes("content_length", [...pseudo(), "content_length", "1"], { data: ["abc"], never: /content_/ }),
      no("transfer-encoding in trailers", pseudo(), { data: ["a"], trailers: ["transfer-encoding", "chunked"] }),
      yes("content-length in trailers", pseudo(), { data: ["a"], trailers: ["content-length", "9"], never: /length: 9/i }),
      yes("host in trailers", pseudo(), { data: ["a"], trailers: ["host", "evil"], never: /evil/ }),
      no("a length that is short", [...pseudo(), "content-length", "1"], { data: ["aGET /smuggled HTTP/1.1\r\n\r\n"], never: SMUGGLED }),
      no("a length that is long", [...pseudo(), "content-length", "100"], { data: ["abc"] }),
      no("a length without DATA", [...pseudo(), "content-length", "3"]),
      no("two lengths", [...pseudo(), "content-length", "3", "content-length", "3"], { data: ["abc"] }),
      no("a list of lengths", [...pseudo(), "content-length", "3, 3"], { data: ["abc"] }),
      no("a length with a sign", [...pseudo(), "content-length", "+3"], { data: ["abc"] }),
      no("a length with CRLF", [...pseudo(), "content-length", "3\r\nx: y"], { data: ["abc"] }),
      no("an empty length", [...pseudo(), "content-length", ""], { data: ["abc"] }),
    ],
  },
  {
    row: "fields of one connection",
    rfc: "RFC 9113 8.2.2",
    vectors: [
      no("connection", [...pseudo(), "connection", "close"]),
      no("connection that names framing", [...pseudo(), "connection", "content-length", "content-length", "3"], { data: ["abc"] }),
      no("keep-alive", [...pseudo(), "keep-alive", "timeout=5"]),
      no("proxy-connection", [...pseudo(), "proxy-connection", "keep-alive"]),
      no("upgrade", [...pseudo(), "upgrade", "h2c"]),
      yes("http2-settings", [...pseudo(), "http2-settings", "AAMAAABk"], { never: /settings/i }),
      no("te with another value", [...pseudo(), "te", "chunked"]),
      yes("te: trailers", [...pseudo(), "te", "trailers"], { never: /te: /i }),
      yes("proxy-authorization", [...pseudo(), "proxy-authorization", "Basic x"], { never: /proxy-auth/i }),
    ],
  },
  {
    row: "names of ours",
    rfc: "design section 8",
    vectors: [
      yes("x-meshctl-source", [...pseudo(), "x-meshctl-source", "default/admin"], { never: /admin/ }),
      yes("with underscores", [...pseudo(), "x_meshctl_source", "default/admin", "x-meshctl_source", "default/admin"], { never: /admin/ }),
      yes("x-meshctl-method without CONNECT", [...pseudo(), "x-meshctl-method", "DELETE"], { never: /DELETE/ }),
      yes("x-forwarded-client-cert", [...pseudo(), "x-forwarded-client-cert", "Hash=1"], { never: /Hash/ }),
      yes("in trailers", pseudo(), { data: ["a"], trailers: ["x-meshctl-source", "default/admin"], never: /admin/ }),
    ],
  },
  {
    row: "CONNECT",
    rfc: "RFC 9113 8.5, RFC 8441",
    vectors: [
      no("plain CONNECT", [":method", "CONNECT", ":authority", "api:80"], { data: ["GET /smuggled HTTP/1.1\r\n\r\n"] }),
      no("CONNECT with a path", pseudo({ ":method": "CONNECT" })),
      no(":protocol without CONNECT", pseudo({ ":protocol": "websocket" })),
      no("CRLF in :protocol", pseudo({ ":method": "CONNECT", ":protocol": `websocket${SECOND}` })),
      no("a list as :protocol", pseudo({ ":method": "CONNECT", ":protocol": "websocket, h2c" })),
      no("an empty :protocol", pseudo({ ":method": "CONNECT", ":protocol": "" })),
      yes("DATA before the grant", pseudo(CONNECT), { data: ["GET /smuggled HTTP/1.1\r\nHost: api\r\n\r\n"], body: "", never: SMUGGLED }),
      yes("x-meshctl-method from outside", [...pseudo(CONNECT), "x-meshctl-method", "DELETE"], { data: ["x"], body: "", never: /DELETE/ }),
      no("a length", [...pseudo(CONNECT), "content-length", "38"], {
        data: ["GET /smuggled HTTP/1.1\r\nHost: api\r\n\r\n"],
        never: SMUGGLED,
      }),
      no("CRLF in Sec-WebSocket-Key", [...pseudo(CONNECT), "sec-websocket-key", `a${SECOND}`], { data: ["x"] }),
    ],
  },
];
