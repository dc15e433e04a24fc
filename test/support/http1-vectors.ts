/**
 * Hostile and borderline HTTP/1 requests (promise S1), one table for every tier: the codec, the engine in
 * process, the built proxy. Latin-1 text; each is one request on a connection of its own.
 */
export interface Http1Vector {
  readonly name: string;
  readonly bytes: string;
  /** Stable code of the failure (src/proxy/http1/codec/failure.ts, or `bad-path`); absent: it is accepted. */
  readonly refused?: string;
  /** Status of the answer when refused. */
  readonly status?: number;
  /** Accepted: what the upstream gets, decoded. */
  readonly target?: string;
  readonly body?: string;
}

export interface Http1Row {
  readonly row: string;
  readonly rfc: string;
  readonly vectors: readonly Http1Vector[];
}

const GET = "GET / HTTP/1.1\r\nHost: api\r\n";
const POST = "POST /p HTTP/1.1\r\nHost: api\r\n";
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;

function no(name: string, refused: string, bytes: string, status = 400): Http1Vector {
  return { name, bytes, refused, status };
}

function yes(name: string, target: string, bytes: string, body = ""): Http1Vector {
  return { name, bytes, target, body };
}

export const HTTP1_ROWS: readonly Http1Row[] = [
  {
    row: "request line",
    rfc: "RFC 9112 3",
    vectors: [
      yes("the plain one", "/", `${GET}\r\n`),
      yes("empty lines before it", "/", `\r\n\r\n${GET}\r\n`),
      yes("a method of its own", "/", "M-SEARCH / HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("no version", "bad-target", "GET /\r\nHost: api\r\n\r\n"),
      no("two spaces after the method", "bad-target", "GET  / HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("two spaces before the version", "bad-request-line", "GET /  HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("space at the end", "bad-request-line", "GET / HTTP/1.1 \r\nHost: api\r\n\r\n"),
      no("a tab for a space", "bad-method", "GET\t/ HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("space before the method", "bad-method", " GET / HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("a method that is no token", "bad-method", "G(T / HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("no method", "bad-method", "/ HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("space in the target", "bad-request-line", "GET /a b HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("a control character in the target", "bad-target", "GET /a\x01b HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("lower-case version name", "bad-request-line", "GET / http/1.1\r\nHost: api\r\n\r\n"),
      no("another protocol", "bad-request-line", "GET / HTTQ/1.1\r\nHost: api\r\n\r\n"),
      no("minor version of two digits", "bad-request-line", "GET / HTTP/1.10\r\nHost: api\r\n\r\n"),
      no("comma in the version", "bad-request-line", "GET / HTTP/1,1\r\nHost: api\r\n\r\n"),
      no("HTTP/1.2", "bad-version", "GET / HTTP/1.2\r\nHost: api\r\n\r\n", 505),
      no("HTTP/2.0", "bad-version", "GET / HTTP/2.0\r\nHost: api\r\n\r\n", 505),
      no("HTTP/0.9 in full form", "bad-version", "GET / HTTP/0.9\r\nHost: api\r\n\r\n", 505),
      no("a PROXY header", "bad-request-line", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\nGET / HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("bytes of TLS", "bad-method", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    ],
  },
  {
    row: "header syntax",
    rfc: "RFC 9112 5, RFC 9110 5",
    vectors: [
      yes("an empty value", "/", `${GET}X:\r\n\r\n`),
      yes("whitespace around a value", "/", `${GET}X: \t a b \t\r\n\r\n`),
      yes("every token character in a name", "/", `${GET}!#$%&'*+-.^_\`|~09azAZ: 1\r\n\r\n`),
      yes("obs-text in a value", "/", `${GET}X: \x80\xff\r\n\r\n`),
      yes("__proto__ as a name", "/", `${GET}__proto__: x\r\nconstructor: y\r\n\r\n`),
      no("no colon", "missing-colon", `${GET}X\r\n\r\n`),
      no("an empty name", "bad-name", `${GET}: x\r\n\r\n`),
      no("a name with a slash", "bad-name", `${GET}X/Y: x\r\n\r\n`),
      no("a name in brackets", "bad-name", `${GET}[X]: x\r\n\r\n`),
      no("a name with a byte above 127", "bad-name", `${GET}X\xe4: x\r\n\r\n`),
      no("a vertical tab in a value", "control-in-value", `${GET}X: a\x0bb\r\n\r\n`),
      no("a form feed before a value", "control-in-value", `${GET}X:\x0cb\r\n\r\n`),
      no("DEL in a value", "control-in-value", `${GET}X: a\x7f\r\n\r\n`),
      no("an escape sequence in a value", "control-in-value", `${GET}X: \x1b[31m\r\n\r\n`),
      no("a quoted name", "bad-name", `${GET}"X": x\r\n\r\n`),
    ],
  },
  {
    row: "bare CR and LF",
    rfc: "RFC 9112 2.2",
    vectors: [
      no("LF after the request line", "bad-request-line", "GET / HTTP/1.1\nHost: api\r\n\r\n"),
      no("LF after a header", "bare-lf", "GET / HTTP/1.1\r\nHost: api\nX: y\r\n\r\n"),
      no("LF for the empty line", "bare-lf", "GET / HTTP/1.1\r\nHost: api\r\n\n"),
      no("LF before the request line", "bare-lf", `\n${GET}\r\n`),
      no("LF in a name", "bare-lf", `${GET}X\nY: z\r\n\r\n`),
      no("LF after a colon", "bare-lf", `${GET}X:\n\r\n\r\n`),
      no("CR after the request line", "bare-cr", "GET / HTTP/1.1\rHost: api\r\n\r\n"),
      no("CR in a value", "bare-cr", `${GET}X: a\rb\r\n\r\n`),
      no("CR CR LF after a header", "bare-cr", `${GET}X: a\r\r\n\r\n`),
      no("CR for the empty line", "bare-cr", `${GET}\rX`),
      no("CR before the request line", "bare-cr", `\r${GET}\r\n`),
      no("LF in the target", "bad-target", "GET /a\nb HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("a header hidden behind a bare CR", "bare-cr", `${GET}X: a\rTransfer-Encoding: chunked\r\n\r\n`),
      no("a header hidden behind a bare LF", "bare-lf", `${POST}X: a\nContent-Length: 3\r\n\r\nabc`),
      no("LF after a chunk size", "bare-lf", `${CHUNKED}3\nabc\r\n0\r\n\r\n`),
      no("LF after chunk data", "bad-chunk-end", `${CHUNKED}3\r\nabc\n0\r\n\r\n`),
    ],
  },
  {
    row: "NUL",
    rfc: "RFC 9110 5.5",
    vectors: [
      no("in a value", "nul", `${GET}X: a\0b\r\n\r\n`),
      no("at the start of a value", "nul", `${GET}X: \0\r\n\r\n`),
      no("at the end of a value", "nul", `${GET}X: a\0\r\n\r\n`),
      no("in a name", "bad-name", `${GET}X\0: a\r\n\r\n`),
      no("in the target", "bad-target", "GET /\0 HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("in the method", "bad-method", "GE\0T / HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("in Host", "nul", "GET / HTTP/1.1\r\nHost: a\0pi\r\n\r\n"),
      no("in Content-Length", "nul", `${POST}Content-Length: 1\0\r\n\r\na`),
      no("before the request", "bad-method", `\0${GET}\r\n`),
      no("in a chunk size", "bad-chunk-size", `${CHUNKED}3\0\r\nabc\r\n0\r\n\r\n`),
    ],
  },
  {
    row: "line folding",
    rfc: "RFC 9112 5.2",
    vectors: [
      no("with a space", "folded-line", `${GET}X: a\r\n b\r\n\r\n`),
      no("with a tab", "folded-line", `${GET}X: a\r\n\tb\r\n\r\n`),
      no("before the first header", "folded-line", "GET / HTTP/1.1\r\n Host: api\r\n\r\n"),
      no("of Host", "folded-line", "GET / HTTP/1.1\r\nHost: api\r\n .evil\r\n\r\n"),
      no("of Transfer-Encoding", "unknown-encoding", `${POST}Transfer-Encoding: x\r\n chunked\r\n\r\n`, 501),
      no("of Transfer-Encoding, empty first line", "bad-encoding", `${POST}Transfer-Encoding:\r\n chunked\r\n\r\n`),
      no("of Content-Length", "folded-line", `${POST}Content-Length: 1\r\n 0\r\n\r\n`),
      no("a line of whitespace", "folded-line", `${GET}X: a\r\n   \r\n\r\n`),
      no("as the last line", "folded-line", `${GET}X: a\r\n \r\n`),
      no("in trailers", "folded-line", `${CHUNKED}0\r\nT: a\r\n b\r\n\r\n`),
    ],
  },
  {
    row: "Content-Length beside Transfer-Encoding",
    rfc: "RFC 9112 6.1, 6.3",
    vectors: [
      no("length first", "length-and-encoding", `${POST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
      no("encoding first", "length-and-encoding", `${POST}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`),
      no("length zero", "length-and-encoding", `${POST}Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
      no("other case", "length-and-encoding", `${POST}content-LENGTH: 5\r\ntransfer-ENCODING: CHUNKED\r\n\r\n0\r\n\r\n`),
      no("headers between", "length-and-encoding", `${POST}Content-Length: 3\r\nX: y\r\nZ: z\r\nTransfer-Encoding: chunked\r\n\r\n`),
      no("a tab before chunked", "length-and-encoding", `${POST}Content-Length: 3\r\nTransfer-Encoding:\tchunked\r\n\r\n`),
      no("on GET", "length-and-encoding", `${GET}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`),
      no(
        "with a request hidden in the body",
        "length-and-encoding",
        `${POST}Content-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: api\r\n\r\n`,
      ),
      no(
        "length nominated by Connection",
        "length-and-encoding",
        `${POST}Connection: content-length\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`,
      ),
      no("an encoding nobody knows", "unknown-encoding", `${POST}Content-Length: 3\r\nTransfer-Encoding: xchunked\r\n\r\nabc`, 501),
    ],
  },
  {
    row: "Content-Length",
    rfc: "RFC 9112 6.3, RFC 9110 8.6",
    vectors: [
      yes("one", "/p", `${POST}Content-Length: 3\r\n\r\nabc`, "abc"),
      yes("zero", "/p", `${POST}Content-Length: 0\r\n\r\n`),
      yes("leading zeros", "/p", `${POST}Content-Length: 0003\r\n\r\nabc`, "abc"),
      yes("on GET", "/", `${GET}Content-Length: 3\r\n\r\nabc`, "abc"),
      no("twice, different", "doubled-length", `${POST}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc`),
      no("twice, equal", "doubled-length", `${POST}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`),
      no("a list of equal ones", "doubled-length", `${POST}Content-Length: 3, 3\r\n\r\nabc`),
      no("a list of different ones", "doubled-length", `${POST}Content-Length: 3,4\r\n\r\nabc`),
      no("twice in other case", "doubled-length", `${POST}Content-Length: 3\r\nCONTENT-LENGTH: 3\r\n\r\nabc`),
      no("negative", "bad-length", `${POST}Content-Length: -3\r\n\r\nabc`),
      no("with a plus", "bad-length", `${POST}Content-Length: +3\r\n\r\nabc`),
      no("hexadecimal", "bad-length", `${POST}Content-Length: 0x3\r\n\r\nabc`),
      no("a fraction", "bad-length", `${POST}Content-Length: 3.0\r\n\r\nabc`),
      no("with an exponent", "bad-length", `${POST}Content-Length: 3e0\r\n\r\nabc`),
      no("empty", "bad-length", `${POST}Content-Length:\r\n\r\n`),
      no("with a space inside", "bad-length", `${POST}Content-Length: 1 0\r\n\r\nabc`),
      no("with a unit", "bad-length", `${POST}Content-Length: 3 bytes\r\n\r\nabc`),
      no("quoted", "bad-length", `${POST}Content-Length: "3"\r\n\r\nabc`),
      no("above 2^64", "bad-length", `${POST}Content-Length: 18446744073709551619\r\n\r\nabc`),
    ],
  },
  {
    row: "Transfer-Encoding",
    rfc: "RFC 9112 6.1",
    vectors: [
      yes("chunked", "/p", `${CHUNKED}3\r\nabc\r\n0\r\n\r\n`, "abc"),
      yes("chunked in capitals", "/p", `${POST}Transfer-Encoding: CHUNKED\r\n\r\n3\r\nabc\r\n0\r\n\r\n`, "abc"),
      no("identity", "unknown-encoding", `${POST}Transfer-Encoding: identity\r\n\r\n`, 501),
      no("gzip before chunked", "unknown-encoding", `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501),
      no("xchunked", "unknown-encoding", `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 501),
      no("chunked in quotes", "unknown-encoding", `${POST}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`, 501),
      no("chunked with a parameter", "unknown-encoding", `${POST}Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n`, 501),
      no("chunked twice in a list", "bad-encoding", `${POST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`),
      no("chunked twice", "bad-encoding", `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
      no("chunked not last", "bad-encoding", `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`),
      no("chunked, then another line", "bad-encoding", `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`),
      no("an empty list member", "bad-encoding", `${POST}Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n`),
      no("empty", "bad-encoding", `${POST}Transfer-Encoding:\r\n\r\n0\r\n\r\n`),
      no("a vertical tab before chunked", "control-in-value", `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`),
      no("in HTTP/1.0", "encoding-in-1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ],
  },
  {
    row: "chunk extensions and sizes",
    rfc: "RFC 9112 7.1",
    vectors: [
      yes("two chunks", "/p", `${CHUNKED}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`, "abcde"),
      yes("leading zeros", "/p", `${CHUNKED}0000003\r\nabc\r\n000\r\n\r\n`, "abc"),
      yes("capital digits", "/p", `${CHUNKED}A\r\n0123456789\r\n0\r\n\r\n`, "0123456789"),
      yes("an extension", "/p", `${CHUNKED}3;a\r\nabc\r\n0;b=c\r\n\r\n`, "abc"),
      yes("a quoted extension value", "/p", `${CHUNKED}3;a="x;\\"y"\r\nabc\r\n0\r\n\r\n`, "abc"),
      yes("whitespace around an extension", "/p", `${CHUNKED}3 ; a = b\r\nabc\r\n0\r\n\r\n`, "abc"),
      yes("trailers", "/p", `${CHUNKED}3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n`, "abc"),
      no("no size", "bad-chunk-size", `${CHUNKED}\r\nabc\r\n0\r\n\r\n`),
      no("a size with 0x", "bad-chunk-size", `${CHUNKED}0x3\r\nabc\r\n0\r\n\r\n`),
      no("a negative size", "bad-chunk-size", `${CHUNKED}-3\r\nabc\r\n0\r\n\r\n`),
      no("a size with a plus", "bad-chunk-size", `${CHUNKED}+3\r\nabc\r\n0\r\n\r\n`),
      no("a digit that is none", "bad-chunk-size", `${CHUNKED}3g\r\nabc\r\n0\r\n\r\n`),
      no("space before the size", "bad-chunk-size", `${CHUNKED} 3\r\nabc\r\n0\r\n\r\n`),
      no("space after the size", "bad-chunk-size", `${CHUNKED}3 \r\nabc\r\n0\r\n\r\n`),
      no("a size above 2^64", "bad-chunk-size", `${CHUNKED}10000000000000003\r\nabc\r\n0\r\n\r\n`),
      no("a size of 2^64 - 16", "bad-chunk-size", `${CHUNKED}FFFFFFFFFFFFFFF0\r\nabc\r\n0\r\n\r\n`),
      no("too many leading zeros", "bad-chunk-size", `${CHUNKED}${"0".repeat(40)}3\r\nabc\r\n0\r\n\r\n`),
      no("data longer than its size", "bad-chunk-end", `${CHUNKED}3\r\nabcd\r\n0\r\n\r\n`),
      no("data shorter than its size", "bad-chunk-end", `${CHUNKED}5\r\nabc\r\n0\r\n\r\n`),
      no("an extension without a name", "bad-chunk-extension", `${CHUNKED}3;\r\nabc\r\n0\r\n\r\n`),
      no("an extension without a value", "bad-chunk-extension", `${CHUNKED}3;a=\r\nabc\r\n0\r\n\r\n`),
      no("a bare LF in an extension", "bare-lf", `${CHUNKED}3;a\nabc\r\n0\r\n\r\n`),
      no("a bare LF in a quoted extension", "bare-lf", `${CHUNKED}3;a="\n"\r\nabc\r\n0\r\n\r\n`),
      no("a bare CR in an extension", "bare-cr", `${CHUNKED}3;a\rb\r\nabc\r\n0\r\n\r\n`),
      no("an endless extension", "chunk-extension-too-long", `${CHUNKED}3;a=${"x".repeat(300)}\r\nabc\r\n0\r\n\r\n`),
      no("many extensions", "chunk-extension-too-long", `${CHUNKED}${`1;${"x".repeat(200)}\r\na\r\n`.repeat(50)}0\r\n\r\n`),
      no("a trailer without a colon", "missing-colon", `${CHUNKED}0\r\nX\r\n\r\n`),
      no("a trailer with a space before its colon", "space-before-colon", `${CHUNKED}0\r\nX : y\r\n\r\n`),
    ],
  },
  {
    row: "space before the colon",
    rfc: "RFC 9112 5.1",
    vectors: [
      no("of any header", "space-before-colon", `${GET}X : y\r\n\r\n`),
      no("a tab", "space-before-colon", `${GET}X\t: y\r\n\r\n`),
      no("of Host", "space-before-colon", "GET / HTTP/1.1\r\nHost : api\r\n\r\n"),
      no("of Content-Length", "space-before-colon", `${POST}Content-Length : 3\r\n\r\nabc`),
      no("of Transfer-Encoding", "space-before-colon", `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`),
      no("of Connection", "space-before-colon", `${GET}Connection : close\r\n\r\n`),
      no("two spaces", "space-before-colon", `${GET}X  : y\r\n\r\n`),
      no("inside a name", "space-before-colon", `${GET}X Y: z\r\n\r\n`),
      no("of a header of ours", "space-before-colon", `${GET}X-Meshctl-Source : a/b\r\n\r\n`),
    ],
  },
  {
    row: "target and Host",
    rfc: "RFC 9112 3.2, RFC 9110 7.2",
    vectors: [
      yes("Host with a port", "/", "GET / HTTP/1.1\r\nHost: api:80\r\n\r\n"),
      yes("an IPv6 Host", "/", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
      yes("absolute form that agrees", "/x?y", "GET http://api/x?y HTTP/1.1\r\nHost: api\r\n\r\n"),
      yes("absolute form that agrees but for the default port", "/x", "GET http://api:80/x HTTP/1.1\r\nHost: api\r\n\r\n"),
      yes("absolute form without a path", "/", "GET http://api HTTP/1.1\r\nHost: api\r\n\r\n"),
      yes("absolute form with a query only", "/?a", "GET http://api?a HTTP/1.1\r\nHost: api\r\n\r\n"),
      yes("asterisk form", "*", "OPTIONS * HTTP/1.1\r\nHost: api\r\n\r\n"),
      yes("HTTP/1.0 without Host", "/", "GET / HTTP/1.0\r\n\r\n"),
      no("no Host", "missing-host", "GET / HTTP/1.1\r\n\r\n"),
      no("two Hosts", "doubled-host", `${GET}Host: evil\r\n\r\n`),
      no("two equal Hosts", "doubled-host", `${GET}Host: api\r\n\r\n`),
      no("two Hosts in HTTP/1.0", "doubled-host", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
      no("an empty Host", "bad-host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
      no("a Host with a path", "bad-host", "GET / HTTP/1.1\r\nHost: api/x\r\n\r\n"),
      no("a Host with user information", "bad-host", "GET / HTTP/1.1\r\nHost: u@api\r\n\r\n"),
      no("a Host with a space", "bad-host", "GET / HTTP/1.1\r\nHost: api evil\r\n\r\n"),
      no("a list of Hosts", "bad-host", "GET / HTTP/1.1\r\nHost: api, evil:80, x\r\n\r\n"),
      no("a Host with a port that is none", "bad-host", "GET / HTTP/1.1\r\nHost: api:80x\r\n\r\n"),
      no("a Host with port 65536", "bad-host", "GET / HTTP/1.1\r\nHost: api:65536\r\n\r\n"),
      no("a Host with a byte above 127", "bad-host", "GET / HTTP/1.1\r\nHost: \xe4pi\r\n\r\n"),
      no("absolute form that contradicts Host", "bad-host", "GET http://evil/ HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("absolute form with another port", "bad-host", "GET http://api:81/ HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("absolute form with user information", "bad-target", "GET http://u:p@api/ HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("absolute form of https", "bad-target", "GET https://api/ HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("absolute form without authority", "bad-target", "GET http:///x HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("asterisk form with GET", "bad-target", "GET * HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("authority form with GET", "bad-target", "GET api:80 HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("a relative path", "bad-target", "GET x HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("a fragment", "bad-path", "GET /a#b HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("a backslash", "bad-path", "GET /a\\b HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("a path that climbs out", "bad-path", "GET /../etc HTTP/1.1\r\nHost: api\r\n\r\n"),
      no("raw bytes above 127", "target-not-ascii", "GET /\xc3\xa4 HTTP/1.1\r\nHost: api\r\n\r\n"),
    ],
  },
  {
    row: "size",
    rfc: "RFC 6585 5, RFC 9110 15.5.15",
    vectors: [
      yes("a target of 8 KiB", `/${"a".repeat(8_191)}`, `GET /${"a".repeat(8_191)} HTTP/1.1\r\nHost: api\r\n\r\n`),
      no("a target of 8 KiB and a byte", "target-too-long", `GET /${"a".repeat(8_192)} HTTP/1.1\r\nHost: api\r\n\r\n`, 414),
      yes("100 lines", "/", `${GET}${"X: y\r\n".repeat(99)}\r\n`),
      no("101 lines", "too-many-lines", `${GET}${"X: y\r\n".repeat(100)}\r\n`, 431),
      yes("a section of 16 KiB", "/", `${GET}X: ${"a".repeat(16_384 - 11 - 3 - 2 - 2)}\r\n\r\n`),
      no("a section of 16 KiB and a byte", "head-too-large", `${GET}X: ${"a".repeat(16_384 - 11 - 3 - 2 - 2 + 1)}\r\n\r\n`, 431),
      no("an endless value", "head-too-large", `${GET}X: ${"a".repeat(20_000)}`, 431),
      no("an endless name", "head-too-large", `${GET}${"a".repeat(20_000)}`, 431),
      no("an endless method", "bad-method", "A".repeat(100)),
      no("endless empty lines", "bad-request-line", "\r\n".repeat(50)),
      no("too many trailers", "too-many-lines", `${CHUNKED}0\r\n${"X: y\r\n".repeat(101)}\r\n`, 431),
      no("trailers of more than 16 KiB", "head-too-large", `${CHUNKED}0\r\nX: ${"a".repeat(17_000)}\r\n\r\n`, 431),
    ],
  },
];
