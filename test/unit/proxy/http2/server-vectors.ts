/** What a client may do wrong, and right, by section of RFC 9113: bytes in, events and frames out. */
import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  GET,
  GOAWAY,
  HEADERS,
  OPEN,
  PADDED,
  PING,
  POST,
  PRIORITIZED,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
  block,
  frame,
  headers,
  settings,
  uint32,
} from "./frames.ts";

export interface Vector {
  readonly rule: string;
  readonly send: readonly Buffer[];
  readonly told?: readonly string[];
  readonly sent?: readonly string[];
  /** Shorthand: the connection fails with this error and code, and nothing was told before. */
  readonly fails?: string;
  /** Shorthand: stream 1 is reset with this error before anybody was told of it. */
  readonly refuses?: string;
}

const get = headers(1, GET);
const post = headers(1, POST, OPEN);
const without = (name: string): string[] =>
  GET.flatMap((_, at) => (at % 2 === 0 && GET[at] !== name ? [GET[at] as string, GET[at + 1] as string] : []));
const withPath = (path: string): string[] => [...without(":path"), ":path", path];
const malformed = (rule: string, list: readonly string[]): Vector => ({ rule, send: [headers(1, list)], refuses: "1" });
const head = "1 head GET http api /";

export const SERVER_VECTORS: readonly Vector[] = [
  // 4. Frames
  {
    rule: "4.1 unknown types are ignored, also with the reserved bit",
    send: [frame(0x77, 0xff, 0x8000_0005, "abc"), get],
    told: [`${head} last`],
    sent: [],
  },
  { rule: "4.1 unknown flags are ignored", send: [headers(1, GET, END_HEADERS | END_STREAM | 0x42)], told: [`${head} last`], sent: [] },
  {
    rule: "4.2 a frame of the largest size",
    send: [post, frame(DATA, END_STREAM, 1, "x".repeat(16_384))],
    told: ["1 head POST http api /", `1 data ${"x".repeat(16_384)}`, "1 end"],
    sent: [],
  },
  {
    rule: "4.2 DATA over the largest size",
    send: [post, frame(DATA, 0, 1, "x".repeat(16_385))],
    told: ["1 head POST http api /", "1 reset FRAME_SIZE_ERROR frame-too-large", "failed FRAME_SIZE_ERROR frame-too-large"],
  },
  {
    rule: "4.2 HEADERS over the largest size",
    send: [frame(HEADERS, END_HEADERS, 1, "x".repeat(16_385))],
    fails: "FRAME_SIZE_ERROR frame-too-large",
  },
  {
    rule: "4.2 an unknown frame over the largest size",
    send: [frame(0x77, 0, 0, "x".repeat(16_385))],
    fails: "FRAME_SIZE_ERROR frame-too-large",
  },
  {
    rule: "4.3 a block that cannot be decoded",
    send: [frame(HEADERS, END_HEADERS, 1, Buffer.from("ff", "hex"))],
    fails: "COMPRESSION_ERROR hpack-truncated",
  },
  {
    rule: "4.3 another stream's frame inside a block",
    send: [headers(1, GET, END_STREAM), frame(PRIORITY, 0, 3, Buffer.alloc(5))],
    fails: "PROTOCOL_ERROR block-interrupted",
  },
  {
    rule: "4.3 an unknown frame inside a block",
    send: [headers(1, GET, END_STREAM), frame(0x77, 0, 1, "")],
    fails: "PROTOCOL_ERROR block-interrupted",
  },
  {
    rule: "4.3 a block in pieces, some of them empty",
    send: [
      frame(HEADERS, END_STREAM, 1, block(GET).subarray(0, 3)),
      frame(CONTINUATION, 0, 1, ""),
      frame(CONTINUATION, END_HEADERS, 1, block(GET).subarray(3)),
    ],
    told: [`${head} last`],
    sent: [],
  },
  // 5.1 Stream states
  { rule: "5.1 idle: DATA", send: [frame(DATA, 0, 1, "a")], fails: "PROTOCOL_ERROR idle-stream" },
  { rule: "5.1 idle: RST_STREAM", send: [frame(RST_STREAM, 0, 1, uint32(8))], fails: "PROTOCOL_ERROR idle-stream" },
  { rule: "5.1 idle: WINDOW_UPDATE", send: [frame(WINDOW_UPDATE, 0, 1, uint32(8))], fails: "PROTOCOL_ERROR idle-stream" },
  { rule: "5.1 idle: PRIORITY is allowed", send: [frame(PRIORITY, 0, 1, Buffer.alloc(5)), get], told: [`${head} last`], sent: [] },
  {
    rule: "5.1 half-closed (remote): DATA",
    send: [get, frame(DATA, 0, 1, "a")],
    told: [`${head} last`, "1 reset STREAM_CLOSED stream-ended"],
    sent: ["RST_STREAM 1 5"],
  },
  {
    rule: "5.1 half-closed (remote): HEADERS",
    send: [get, headers(1, ["x", "y"])],
    told: [`${head} last`, "1 reset STREAM_CLOSED stream-ended"],
    sent: ["RST_STREAM 1 5"],
  },
  {
    rule: "5.1 half-closed (remote): WINDOW_UPDATE, PRIORITY, RST_STREAM",
    send: [get, frame(WINDOW_UPDATE, 0, 1, uint32(8)), frame(PRIORITY, 0, 1, Buffer.alloc(5)), frame(RST_STREAM, 0, 1, uint32(8))],
    told: [`${head} last`, "1 reset CANCEL by peer"],
    sent: [],
  },
  {
    rule: "5.1 closed by the peer: DATA",
    send: [post, frame(RST_STREAM, 0, 1, uint32(8)), frame(DATA, 0, 1, "a")],
    told: ["1 head POST http api /", "1 reset CANCEL by peer"],
    sent: ["RST_STREAM 1 5"],
  },
  {
    rule: "5.1 closed by the peer: HEADERS",
    send: [post, frame(RST_STREAM, 0, 1, uint32(8)), headers(1, ["x", "y"])],
    told: ["1 head POST http api /", "1 reset CANCEL by peer", "failed STREAM_CLOSED headers-after-close"],
  },
  {
    rule: "5.1 closed: WINDOW_UPDATE, RST_STREAM, PRIORITY",
    send: [
      post,
      frame(RST_STREAM, 0, 1, uint32(8)),
      frame(WINDOW_UPDATE, 0, 1, uint32(1)),
      frame(RST_STREAM, 0, 1, uint32(8)),
      frame(PRIORITY, 0, 1, Buffer.alloc(5)),
    ],
    told: ["1 head POST http api /", "1 reset CANCEL by peer"],
    sent: [],
  },
  {
    rule: "5.1 reset by us: what was under way is ignored, its block still decoded",
    send: [headers(1, ["bad name", ""]), frame(DATA, END_STREAM, 1, "a"), headers(1, ["x", "y"]), get.subarray(0, 0), headers(3, GET)],
    told: ["3 head GET http api / last"],
    sent: ["RST_STREAM 1 1"],
  },
  { rule: "5.1.1 streams of clients are odd", send: [headers(2, GET)], fails: "PROTOCOL_ERROR bad-stream-id" },
  {
    rule: "5.1.1 identifiers grow",
    send: [headers(5, GET), headers(3, GET)],
    told: ["5 head GET http api / last", "5 reset PROTOCOL_ERROR bad-stream-id", "failed PROTOCOL_ERROR bad-stream-id"],
  },
  {
    rule: "5.3.2 priority in HEADERS is ignored, even of itself",
    send: [frame(HEADERS, END_HEADERS | END_STREAM | PRIORITIZED, 1, Buffer.concat([uint32(1), Buffer.from([9]), block(GET)]))],
    told: [`${head} last`],
    sent: [],
  },
  { rule: "5.5 unknown settings are ignored", send: [settings(0x99, 7)], told: ["settings"], sent: ["SETTINGS 0 ack"] },
  // 6. Frame definitions
  { rule: "6.1 DATA on stream 0", send: [frame(DATA, 0, 0, "a")], fails: "PROTOCOL_ERROR needs-stream" },
  {
    rule: "6.1 padding",
    send: [post, frame(DATA, PADDED, 1, "\u0003ab\0\0\0"), frame(DATA, PADDED | END_STREAM, 1, "\u0000c")],
    told: ["1 head POST http api /", "1 data abc", "1 end"],
    sent: [],
  },
  {
    rule: "6.1 all padding",
    send: [post, frame(DATA, PADDED | END_STREAM, 1, "\u0002\0\0")],
    told: ["1 head POST http api /", "1 end"],
    sent: [],
  },
  {
    rule: "6.1 padding as long as the payload",
    send: [post, frame(DATA, PADDED, 1, "\u0003\0\0")],
    told: ["1 head POST http api /", "1 reset PROTOCOL_ERROR bad-padding", "failed PROTOCOL_ERROR bad-padding"],
  },
  {
    rule: "6.1 padded without a length",
    send: [post, frame(DATA, PADDED, 1, "")],
    told: ["1 head POST http api /", "1 reset PROTOCOL_ERROR bad-padding", "failed PROTOCOL_ERROR bad-padding"],
  },
  { rule: "6.2 HEADERS on stream 0", send: [headers(0, GET)], fails: "PROTOCOL_ERROR needs-stream" },
  {
    rule: "6.2 padding",
    send: [frame(HEADERS, END_HEADERS | END_STREAM | PADDED, 1, Buffer.concat([Buffer.from([2]), block(GET), Buffer.alloc(2)]))],
    told: [`${head} last`],
    sent: [],
  },
  {
    rule: "6.2 padding and priority",
    send: [
      frame(
        HEADERS,
        END_HEADERS | END_STREAM | PADDED | PRIORITIZED,
        1,
        Buffer.concat([Buffer.from([2]), Buffer.alloc(5), block(GET), Buffer.alloc(2)]),
      ),
    ],
    told: [`${head} last`],
    sent: [],
  },
  {
    rule: "6.2 more padding than payload",
    send: [frame(HEADERS, END_HEADERS | PADDED, 1, Buffer.from([9, 1, 1, 1, 1, 1, 1]))],
    fails: "PROTOCOL_ERROR bad-padding",
  },
  { rule: "6.2 padded without a length", send: [frame(HEADERS, END_HEADERS | PADDED, 1, "")], fails: "PROTOCOL_ERROR bad-padding" },
  {
    rule: "6.2 too short for its priority",
    send: [frame(HEADERS, END_HEADERS | PRIORITIZED, 1, "abcd")],
    fails: "FRAME_SIZE_ERROR bad-frame-size",
  },
  { rule: "6.3 PRIORITY on stream 0", send: [frame(PRIORITY, 0, 0, Buffer.alloc(5))], fails: "PROTOCOL_ERROR needs-stream" },
  {
    rule: "6.3 PRIORITY of another size",
    send: [post, frame(PRIORITY, 0, 1, Buffer.alloc(4))],
    told: ["1 head POST http api /", "1 reset FRAME_SIZE_ERROR bad-frame-size"],
    sent: ["RST_STREAM 1 6"],
  },
  { rule: "6.4 RST_STREAM on stream 0", send: [frame(RST_STREAM, 0, 0, uint32(0))], fails: "PROTOCOL_ERROR needs-stream" },
  {
    rule: "6.4 RST_STREAM of another size",
    send: [post, frame(RST_STREAM, 0, 1, "abc")],
    told: ["1 head POST http api /", "1 reset FRAME_SIZE_ERROR bad-frame-size", "failed FRAME_SIZE_ERROR bad-frame-size"],
  },
  { rule: "6.5 SETTINGS on a stream", send: [frame(SETTINGS, 0, 1)], fails: "PROTOCOL_ERROR needs-connection" },
  { rule: "6.5 SETTINGS of another size", send: [frame(SETTINGS, 0, 0, "abcde")], fails: "FRAME_SIZE_ERROR bad-frame-size" },
  {
    rule: "6.5 an acknowledgement with payload",
    send: [frame(SETTINGS, ACK, 0, Buffer.alloc(6))],
    fails: "FRAME_SIZE_ERROR ack-with-payload",
  },
  { rule: "6.5.2 ENABLE_PUSH above 1", send: [settings(2, 2)], fails: "PROTOCOL_ERROR bad-setting" },
  { rule: "6.5.2 INITIAL_WINDOW_SIZE above 2^31-1", send: [settings(4, 0x8000_0000)], fails: "FLOW_CONTROL_ERROR bad-initial-window" },
  { rule: "6.5.2 MAX_FRAME_SIZE below 16,384", send: [settings(5, 16_383)], fails: "PROTOCOL_ERROR bad-setting" },
  { rule: "6.5.2 MAX_FRAME_SIZE above 2^24-1", send: [settings(5, 16_777_216)], fails: "PROTOCOL_ERROR bad-setting" },
  {
    rule: "6.5.3 each SETTINGS is acknowledged, in its turn",
    send: [settings(3, 5, 3, 6), settings()],
    told: ["settings", "settings"],
    sent: ["SETTINGS 0 ack", "SETTINGS 0 ack"],
  },
  { rule: "6.5.3 an acknowledgement of nothing", send: [frame(SETTINGS, ACK, 0)], fails: "PROTOCOL_ERROR stray-ack" },
  {
    rule: "6.6 clients never push",
    send: [frame(PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([uint32(2), block(GET)]))],
    fails: "PROTOCOL_ERROR push-promise",
  },
  { rule: "6.7 PING is answered", send: [frame(PING, 0, 0, "12345678")], told: [], sent: ["PING 0 ack"] },
  { rule: "6.7 an answer nobody asked for is ignored", send: [frame(PING, ACK, 0, "12345678")], told: [], sent: [] },
  { rule: "6.7 PING on a stream", send: [frame(PING, 0, 1, "12345678")], fails: "PROTOCOL_ERROR needs-connection" },
  { rule: "6.7 PING of another size", send: [frame(PING, 0, 0, "1234567")], fails: "FRAME_SIZE_ERROR bad-frame-size" },
  {
    rule: "6.8 GOAWAY, with debug data, and once more",
    send: [frame(GOAWAY, 0, 0, Buffer.concat([uint32(9, 0), Buffer.from("bye")])), frame(GOAWAY, 0, 0, uint32(7, 2))],
    told: ["goaway 9 NO_ERROR bye", "goaway 7 INTERNAL_ERROR"],
    sent: [],
  },
  {
    rule: "6.8 the last stream grows",
    send: [frame(GOAWAY, 0, 0, uint32(7, 0)), frame(GOAWAY, 0, 0, uint32(9, 0))],
    told: ["goaway 7 NO_ERROR", "failed PROTOCOL_ERROR goaway-grew"],
  },
  { rule: "6.8 GOAWAY on a stream", send: [frame(GOAWAY, 0, 1, uint32(0, 0))], fails: "PROTOCOL_ERROR needs-connection" },
  { rule: "6.8 GOAWAY too short", send: [frame(GOAWAY, 0, 0, uint32(0))], fails: "FRAME_SIZE_ERROR bad-frame-size" },
  {
    rule: "6.9 an increment of zero, for the connection",
    send: [frame(WINDOW_UPDATE, 0, 0, uint32(0))],
    fails: "PROTOCOL_ERROR zero-increment",
  },
  {
    rule: "6.9 an increment of zero, for a stream",
    send: [post, frame(WINDOW_UPDATE, 0, 1, uint32(0))],
    told: ["1 head POST http api /", "1 reset PROTOCOL_ERROR zero-increment"],
    sent: ["RST_STREAM 1 1"],
  },
  { rule: "6.9 WINDOW_UPDATE of another size", send: [frame(WINDOW_UPDATE, 0, 0, "abc")], fails: "FRAME_SIZE_ERROR bad-frame-size" },
  {
    rule: "6.9.1 a stream's window above 2^31-1",
    send: [post, frame(WINDOW_UPDATE, 0, 1, uint32(0x7fff_ffff))],
    told: ["1 head POST http api /", "1 reset FLOW_CONTROL_ERROR window-overflow"],
    sent: ["RST_STREAM 1 3"],
  },
  {
    rule: "6.9.1 the connection's window above 2^31-1",
    send: [frame(WINDOW_UPDATE, 0, 0, uint32(0x7fff_ffff))],
    fails: "FLOW_CONTROL_ERROR window-overflow",
  },
  {
    rule: "6.9.2 SETTINGS that push a window above 2^31-1",
    send: [post, frame(WINDOW_UPDATE, 0, 1, uint32(1)), settings(4, 0x7fff_ffff)],
    told: ["1 head POST http api /", "1 reset FLOW_CONTROL_ERROR window-overflow", "failed FLOW_CONTROL_ERROR window-overflow"],
  },
  {
    rule: "6.10 CONTINUATION without a block",
    send: [frame(CONTINUATION, END_HEADERS, 1, block(GET))],
    fails: "PROTOCOL_ERROR stray-continuation",
  },
  {
    rule: "6.10 CONTINUATION on another stream",
    send: [headers(1, GET, END_STREAM), frame(CONTINUATION, END_HEADERS, 3, "")],
    fails: "PROTOCOL_ERROR block-interrupted",
  },
  {
    rule: "6.10 CONTINUATION after the end of a block",
    send: [post, frame(CONTINUATION, END_HEADERS, 1, "")],
    told: ["1 head POST http api /", "1 reset PROTOCOL_ERROR stray-continuation", "failed PROTOCOL_ERROR stray-continuation"],
  },
  // 8.1 Messages
  {
    rule: "8.1 body and trailers",
    send: [post, frame(DATA, 0, 1, "ab"), frame(DATA, 0, 1, "c"), headers(1, ["x-sum", "6"])],
    told: ["1 head POST http api /", "1 data abc", "1 end x-sum=6"],
    sent: [],
  },
  {
    rule: "8.1 trailers that do not end the stream",
    send: [post, headers(1, ["x", "y"], OPEN)],
    told: ["1 head POST http api /", "1 reset PROTOCOL_ERROR trailers-open"],
    sent: ["RST_STREAM 1 1"],
  },
  {
    rule: "8.1 trailers with a pseudo-header field",
    send: [post, headers(1, [":path", "/"])],
    told: ["1 head POST http api /", "1 reset PROTOCOL_ERROR unknown-pseudo"],
    sent: ["RST_STREAM 1 1"],
  },
  {
    rule: "8.1.1 Content-Length agrees",
    send: [headers(1, [...POST, "content-length", "3"], OPEN), frame(DATA, PADDED, 1, "\u0001ab\0"), frame(DATA, END_STREAM, 1, "c")],
    told: ["1 head POST http api / content-length=3", "1 data abc", "1 end"],
    sent: [],
  },
  {
    rule: "8.1.1 less than Content-Length",
    send: [headers(1, [...POST, "content-length", "4"], OPEN), frame(DATA, END_STREAM, 1, "abc")],
    told: ["1 head POST http api / content-length=4", "1 reset PROTOCOL_ERROR length-mismatch"],
    sent: ["RST_STREAM 1 1"],
  },
  {
    rule: "8.1.1 more than Content-Length",
    send: [headers(1, [...POST, "content-length", "2"], OPEN), frame(DATA, 0, 1, "abc")],
    told: ["1 head POST http api / content-length=2", "1 reset PROTOCOL_ERROR length-mismatch"],
    sent: ["RST_STREAM 1 1"],
  },
  {
    rule: "8.1.1 less than Content-Length before trailers",
    send: [headers(1, [...POST, "content-length", "2"], OPEN), headers(1, ["x", "y"])],
    told: ["1 head POST http api / content-length=2", "1 reset PROTOCOL_ERROR length-mismatch"],
    sent: ["RST_STREAM 1 1"],
  },
  { ...malformed("8.1.1 a length and no body", [...POST, "content-length", "2"]) },
  { ...malformed("8.1.1 a length twice", [...POST, "content-length", "0", "content-length", "0"]) },
  { ...malformed("8.1.1 a length that is no number", [...POST, "content-length", "+0"]) },
  // 8.2 Fields
  { ...malformed("8.2 a name in upper case", [...GET, "X-Team", "blue"]) },
  { ...malformed("8.2.1 a space in a name", [...GET, "x team", "blue"]) },
  { ...malformed("8.2.1 a colon in a name", [...GET, "x:team", "blue"]) },
  { ...malformed("8.2.1 an empty name", [...GET, "", "blue"]) },
  { ...malformed("8.2.1 a control character in a name", [...GET, "x\u0001", "blue"]) },
  { ...malformed("8.2.1 a byte above 127 in a name", [...GET, "x\u00e9", "blue"]) },
  { ...malformed("8.2.1 NUL in a value", [...GET, "x", "a\0b"]) },
  { ...malformed("8.2.1 LF in a value", [...GET, "x", "a\nb"]) },
  { ...malformed("8.2.1 CR in a value", [...GET, "x", "a\rb"]) },
  { ...malformed("8.2.1 space before a value", [...GET, "x", " a"]) },
  { ...malformed("8.2.1 tab behind a value", [...GET, "x", "a\t"]) },
  { ...malformed("8.2.1 a control character in a pseudo-header field", withPath("/\u0001")) },
  { ...malformed("8.2.2 Connection", [...GET, "connection", "close"]) },
  { ...malformed("8.2.2 Keep-Alive", [...GET, "keep-alive", "timeout=5"]) },
  { ...malformed("8.2.2 Proxy-Connection", [...GET, "proxy-connection", "close"]) },
  { ...malformed("8.2.2 Transfer-Encoding", [...GET, "transfer-encoding", "chunked"]) },
  { ...malformed("8.2.2 Upgrade", [...GET, "upgrade", "websocket"]) },
  { ...malformed("8.2.2 TE other than trailers", [...GET, "te", "gzip"]) },
  { ...malformed("8.2.2 TE with more than trailers", [...GET, "te", "trailers, gzip"]) },
  { rule: "8.2.2 TE: trailers", send: [headers(1, [...GET, "te", "trailers"])], told: [`${head} te=trailers last`], sent: [] },
  {
    rule: "8.2.3 Cookie in crumbs",
    send: [headers(1, [...GET, "cookie", "a=1", "x", "y", "cookie", "b=2"])],
    told: [`${head} cookie=a=1; b=2 x=y last`],
    sent: [],
  },
  {
    rule: "8.2.1 obs-text, an empty value, inner spaces",
    send: [headers(1, [...GET, "a", "\u00e9 \t\u00ff", "b", ""])],
    told: [`${head} a=\u00e9 \t\u00ff b= last`],
    sent: [],
  },
  // 8.3 Control data
  { ...malformed("8.3 an unknown pseudo-header field", [...GET, ":foo", "bar"]) },
  { ...malformed("8.3 a pseudo-header field of responses", [...GET, ":status", "200"]) },
  { ...malformed("8.3 a pseudo-header field behind others", [...without(":path"), "x", "y", ":path", "/"]) },
  { ...malformed("8.3 the same one twice", [...GET, ":path", "/"]) },
  { ...malformed("8.3.1 no :method", without(":method")) },
  { ...malformed("8.3.1 no :scheme", without(":scheme")) },
  { ...malformed("8.3.1 no :path", without(":path")) },
  { ...malformed("8.3.1 an empty :path", withPath("")) },
  { ...malformed("8.3.1 a :path without slash", withPath("a")) },
  { ...malformed("8.3.1 a space in :path", withPath("/a b")) },
  { ...malformed("8.3.1 a byte above 127 in :path", withPath("/\u00e9")) },
  { ...malformed("8.3.1 :path * of GET", withPath("*")) },
  { ...malformed("8.3.1 user information in :authority", [...without(":authority"), ":authority", "me@api"]) },
  { ...malformed("8.3.1 a space in :authority", [...without(":authority"), ":authority", "a b"]) },
  { ...malformed("8.3.1 a :method that is no token", [...without(":method"), ":method", "GE T"]) },
  { ...malformed("8.3.1 an empty :method", [...without(":method"), ":method", ""]) },
  { ...malformed("8.3.1 a :scheme that is none", [...without(":scheme"), ":scheme", "1http"]) },
  { ...malformed("8.3.1 Host that differs", [...GET, "host", "other"]) },
  { ...malformed("8.3.1 two Hosts", [...GET, "host", "api", "host", "api"]) },
  {
    rule: "8.3.1 Host that agrees, letter case and default port aside",
    send: [headers(1, [...GET, "host", "API:80"])],
    told: [`${head} host=API:80 last`],
    sent: [],
  },
  {
    rule: "8.3.1 Host without :authority",
    send: [headers(1, [...without(":authority"), "host", "api"])],
    told: ["1 head GET http / host=api last"],
    sent: [],
  },
  {
    rule: "8.3.1 OPTIONS *",
    send: [headers(1, [":method", "OPTIONS", ":scheme", "http", ":authority", "api", ":path", "*"])],
    told: ["1 head OPTIONS http api * last"],
    sent: [],
  },
  // 8.5 CONNECT, RFC 8441
  {
    rule: "8.5 CONNECT: bytes both ways, no length to agree with",
    send: [
      headers(1, [":method", "CONNECT", ":authority", "db:5432", "content-length", "1"], OPEN),
      frame(DATA, 0, 1, "abc"),
      frame(DATA, END_STREAM, 1, ""),
    ],
    told: ["1 head CONNECT db:5432 content-length=1", "1 data abc", "1 end"],
    sent: [],
  },
  { ...malformed("8.5 CONNECT with :scheme", [":method", "CONNECT", ":authority", "db:1", ":scheme", "http"]) },
  { ...malformed("8.5 CONNECT with :path", [":method", "CONNECT", ":authority", "db:1", ":path", "/"]) },
  { ...malformed("8.5 CONNECT without :authority", [":method", "CONNECT"]) },
  {
    rule: "8.5 HEADERS on a connected stream",
    send: [headers(1, [":method", "CONNECT", ":authority", "db:1"], OPEN), headers(1, ["x", "y"])],
    told: ["1 head CONNECT db:1", "1 reset PROTOCOL_ERROR bad-connect"],
    sent: ["RST_STREAM 1 1"],
  },
  {
    rule: "RFC 8441 4 extended CONNECT",
    send: [
      headers(1, [":method", "CONNECT", ":protocol", "websocket", ":scheme", "http", ":authority", "api", ":path", "/chat"], OPEN),
      frame(DATA, END_STREAM, 1, "hi"),
    ],
    told: ["1 head CONNECT http api /chat websocket", "1 data hi", "1 end"],
    sent: [],
  },
  { ...malformed("RFC 8441 4 :protocol without CONNECT", [...GET, ":protocol", "websocket"]) },
  {
    ...malformed("RFC 8441 4 :protocol without :path", [
      ":method",
      "CONNECT",
      ":protocol",
      "websocket",
      ":scheme",
      "http",
      ":authority",
      "a",
    ]),
  },
  { rule: "RFC 8441 3 ENABLE_CONNECT_PROTOCOL above 1", send: [settings(8, 2)], fails: "PROTOCOL_ERROR bad-setting" },
  { rule: "RFC 9218 2.1 NO_RFC7540_PRIORITIES above 1", send: [settings(9, 2)], fails: "PROTOCOL_ERROR bad-setting" },
];
