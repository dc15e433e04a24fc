import assert from "node:assert/strict";
import { test } from "node:test";
import { SIDE_CLIENT } from "../../../../src/proxy/http2/codec/settings.ts";
import type { Http2Stream } from "../../../../src/proxy/http2/codec/stream.ts";
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  GET,
  GOAWAY,
  HEADERS,
  OK,
  OPEN,
  PING,
  POST,
  PUSH_PROMISE,
  RST_STREAM,
  WINDOW_UPDATE,
  frame,
  headers,
  serverStart,
  settings,
  settingsAck,
  uint32,
} from "./frames.ts";
import { Talk, clientTalk } from "./talk.ts";

interface Vector {
  readonly rule: string;
  readonly request?: readonly string[];
  readonly send: readonly Buffer[];
  readonly told: readonly string[];
  readonly sent?: readonly string[];
}

const resets = (rule: string, list: readonly string[], code: string, request: readonly string[] = GET): Vector => ({
  rule,
  request,
  send: [headers(1, list)],
  told: [`1 reset PROTOCOL_ERROR ${code}`],
  sent: ["RST_STREAM 1 1"],
});
const HEAD = [":method", "HEAD", ...GET.slice(2)];
const CONNECT = [":method", "CONNECT", ":authority", "db:1"];

const VECTORS: readonly Vector[] = [
  {
    rule: "8.1 head, body, trailers",
    send: [headers(1, OK, OPEN), frame(DATA, 0, 1, "ab"), headers(1, ["grpc-status", "0"])],
    told: ["1 head GET 200", "1 data ab", "1 end grpc-status=0"],
    sent: [],
  },
  {
    rule: "8.1 interim responses come first",
    send: [headers(1, [":status", "100"], OPEN), headers(1, [":status", "103", "link", "</a>"], OPEN), headers(1, OK)],
    told: ["1 interim 100", "1 interim 103 link=</a>", "1 head GET 200 last"],
    sent: [],
  },
  {
    rule: "8.1 an interim response that ends the stream",
    send: [headers(1, [":status", "100"])],
    told: ["1 reset PROTOCOL_ERROR interim-end"],
    sent: ["RST_STREAM 1 1"],
  },
  {
    rule: "8.1 DATA before the head",
    send: [frame(DATA, 0, 1, "a")],
    told: ["1 reset PROTOCOL_ERROR data-before-head"],
    sent: ["RST_STREAM 1 1"],
  },
  {
    rule: "8.1 DATA after an interim response only",
    send: [headers(1, [":status", "100"], OPEN), frame(DATA, 0, 1, "a")],
    told: ["1 interim 100", "1 reset PROTOCOL_ERROR data-before-head"],
    sent: ["RST_STREAM 1 1"],
  },
  resets("8.3.2 no :status", ["x", "y"], "missing-pseudo"),
  resets("8.3.2 :status of two digits", [":status", "99"], "bad-status"),
  resets("8.3.2 :status of four digits", [":status", "2000"], "bad-status"),
  resets("8.3.2 :status that is no number", [":status", "2OO"], "bad-status"),
  resets("8.6 101 does not exist", [":status", "101"], "bad-status"),
  resets("8.3 pseudo-header field of requests", [":status", "200", ":path", "/"], "unknown-pseudo"),
  resets("8.3 :status twice", [":status", "200", ":status", "200"], "doubled-pseudo"),
  resets("8.3 :status behind others", ["x", "y", ":status", "200"], "late-pseudo"),
  resets("8.2.2 Connection", [":status", "200", "connection", "close"], "connection-field"),
  resets("8.2.1 name in upper case", [":status", "200", "X", "y"], "bad-name"),
  resets("8.2.1 LF in a value", [":status", "200", "x", "a\nb"], "bad-value"),
  resets("8.1.1 a length and no body", [":status", "200", "content-length", "3"], "length-mismatch"),
  {
    rule: "8.1.1 more than Content-Length",
    send: [headers(1, [":status", "200", "content-length", "2"], OPEN), frame(DATA, 0, 1, "abc")],
    told: ["1 head GET 200 content-length=2", "1 reset PROTOCOL_ERROR length-mismatch"],
    sent: ["RST_STREAM 1 1"],
  },
  {
    rule: "8.1.1 the answer to HEAD says a length and has no body",
    request: HEAD,
    send: [headers(1, [":status", "200", "content-length", "3"])],
    told: ["1 head HEAD 200 content-length=3 last"],
    sent: [],
  },
  {
    rule: "8.1.1 the answer to HEAD has a body",
    request: HEAD,
    send: [headers(1, OK, OPEN), frame(DATA, END_STREAM, 1, "abc")],
    told: ["1 head HEAD 200", "1 reset PROTOCOL_ERROR length-mismatch"],
    sent: ["RST_STREAM 1 1"],
  },
  {
    rule: "8.1.1 304 says a length and has no body",
    send: [headers(1, [":status", "304", "content-length", "3"])],
    told: ["1 head GET 304 content-length=3 last"],
    sent: [],
  },
  {
    rule: "8.1 RST_STREAM with NO_ERROR behind a complete answer",
    request: POST,
    send: [headers(1, OK), frame(RST_STREAM, 0, 1, uint32(0))],
    told: ["1 head POST 200 last", "1 reset NO_ERROR by peer"],
    sent: [],
  },
  {
    rule: "8.4 push was switched off",
    send: [frame(PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([uint32(2), Buffer.from([0x82])]))],
    told: ["1 reset PROTOCOL_ERROR push-promise", "failed PROTOCOL_ERROR push-promise"],
  },
  {
    rule: "8.5 CONNECT: bytes both ways",
    request: CONNECT,
    send: [headers(1, [":status", "200", "content-length", "0"], OPEN), frame(DATA, END_STREAM, 1, "abc")],
    told: ["1 head CONNECT 200 content-length=0", "1 data abc", "1 end"],
    sent: [],
  },
  {
    rule: "8.5 CONNECT refused is an ordinary answer",
    request: CONNECT,
    send: [headers(1, [":status", "403", "content-length", "2"], OPEN), frame(DATA, END_STREAM, 1, "no")],
    told: ["1 head CONNECT 403 content-length=2", "1 data no", "1 end"],
    sent: [],
  },
  {
    rule: "8.7 REFUSED_STREAM may be tried elsewhere",
    send: [frame(RST_STREAM, 0, 1, uint32(7))],
    told: ["1 reset REFUSED_STREAM by peer unprocessed"],
    sent: [],
  },
  {
    rule: "6.8 above GOAWAY's last stream: may be tried elsewhere",
    send: [frame(GOAWAY, 0, 0, uint32(0, 0))],
    told: ["goaway 0 NO_ERROR", "1 reset REFUSED_STREAM unprocessed unprocessed"],
    sent: [],
  },
  {
    rule: "6.8 below GOAWAY's last stream goes on",
    send: [frame(GOAWAY, 0, 0, uint32(1, 0)), headers(1, OK)],
    told: ["goaway 1 NO_ERROR", "1 head GET 200 last"],
    sent: [],
  },
  {
    rule: "5.1 half-closed (remote): DATA",
    request: POST,
    send: [headers(1, OK), frame(DATA, 0, 1, "a")],
    told: ["1 head POST 200 last", "1 reset STREAM_CLOSED stream-ended"],
    sent: ["RST_STREAM 1 5"],
  },
  {
    rule: "5.1 closed: HEADERS",
    send: [headers(1, OK), headers(1, OK)],
    told: ["1 head GET 200 last", "failed STREAM_CLOSED headers-after-close"],
  },
  {
    rule: "5.1 idle: an answer nobody asked for",
    send: [headers(3, OK)],
    told: ["1 reset PROTOCOL_ERROR idle-stream", "failed PROTOCOL_ERROR idle-stream"],
  },
  {
    rule: "5.1.1 servers open no streams",
    send: [headers(2, OK)],
    told: ["1 reset PROTOCOL_ERROR bad-stream-id", "failed PROTOCOL_ERROR bad-stream-id"],
  },
  {
    rule: "6.5.2 a server that announces push",
    send: [settings(2, 1)],
    told: ["1 reset PROTOCOL_ERROR bad-setting", "failed PROTOCOL_ERROR bad-setting"],
  },
  {
    rule: "10.5.1 an answer over the header limits",
    send: [headers(1, [":status", "200", ...Array.from({ length: 104 }, () => ["a", "b"]).flat()])],
    told: ["1 reset ENHANCE_YOUR_CALM headers-too-large"],
    sent: ["RST_STREAM 1 11"],
  },
  {
    rule: "RFC 8441 3 ENABLE_CONNECT_PROTOCOL taken back",
    send: [settings(8, 1), settings(8, 0)],
    told: ["settings", "1 reset PROTOCOL_ERROR bad-setting", "failed PROTOCOL_ERROR bad-setting"],
  },
];

function asked(request: readonly string[]): Talk {
  const talk = clientTalk();
  const stream = talk.connection.request(talk, request, request[1] !== "POST" && request[1] !== "CONNECT");
  assert.equal(stream?.id, 1);
  talk.sent();
  return talk;
}

for (const { rule, request = GET, send, told, sent } of VECTORS) {
  test(`client, ${rule}`, () => {
    const whole = asked(request).feed(...send);
    assert.deepEqual(whole.told(), told);
    if (sent !== undefined) assert.deepEqual(whole.sent(), sent);
    const pieces = asked(request);
    for (const byte of Buffer.concat(send)) pieces.feed(Buffer.from([byte]));
    assert.deepEqual(pieces.told(), told);
    if (sent !== undefined) assert.deepEqual(pieces.sent(), sent);
  });
}

test("3.4 preface, SETTINGS without push, window for the connection; requests need not wait", () => {
  const talk = new Talk(SIDE_CLIENT);
  const stream = talk.connection.request(talk, GET, true) as Http2Stream;
  const taken = talk.connection.takeOutput() as Buffer;
  assert.equal(taken.toString("latin1", 0, 24), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  assert.equal(taken.toString("hex", 33, 51), "000400010000000600006d00000200000000");
  assert.equal(stream.id, 1);
  talk.feed(serverStart, headers(1, OK));
  assert.deepEqual(talk.told(), ["up", "1 head GET 200 last"]);
});

test("5.1.2, 6.5.2 no more streams than the server allows: 100 before it has spoken", () => {
  const talk = new Talk(SIDE_CLIENT);
  for (let count = 0; count < 100; count += 1) assert.ok(talk.connection.request(talk, GET, true));
  assert.equal(talk.connection.request(talk, GET, true), null);
  talk.feed(settings(3, 101), settingsAck);
  assert.ok(talk.connection.request(talk, GET, true));
  assert.equal(talk.connection.canOpen, false);
  talk.feed(headers(1, OK));
  assert.equal(talk.connection.canOpen, true);
  talk.feed(settings(3, 0));
  assert.equal(talk.connection.canOpen, false);
});

test("6.8 after GOAWAY no stream is opened, and the connection is done when the last one is", () => {
  const talk = asked(GET).feed(frame(GOAWAY, 0, 0, uint32(0x7fff_ffff, 0)));
  assert.equal(talk.connection.canOpen, false);
  assert.equal(talk.connection.drained, false);
  talk.feed(frame(GOAWAY, 0, 0, uint32(1, 0)), headers(1, OK));
  assert.equal(talk.connection.drained, true);
});

test("6.8 a client that ends says so and finishes", () => {
  const talk = asked(GET);
  talk.connection.shutdown(0);
  assert.deepEqual(talk.sent(), ["GOAWAY 0 0 0"]);
  assert.equal(talk.connection.request(talk, GET, true), null);
  talk.feed(headers(1, OK));
  assert.equal(talk.connection.drained, true);
});

test("a connection that ends before the server's SETTINGS: nothing was processed", () => {
  const talk = new Talk(SIDE_CLIENT);
  talk.connection.request(talk, GET, true);
  talk.connection.transportClosed();
  assert.deepEqual(talk.told(), ["1 reset NO_ERROR transport-closed unprocessed", "failed NO_ERROR transport-closed"]);
});

test("6.7 PING: round trips, at most ten without an answer, and a limit of time", () => {
  const talk = clientTalk();
  for (let count = 0; count < 10; count += 1) assert.equal(talk.connection.ping(count), true);
  assert.equal(talk.connection.ping(10), false);
  const pings = talk.sentFrames();
  talk.nowMs = 100;
  for (const { payload } of pings.slice(0, 9)) talk.feed(frame(PING, 1, 0, payload));
  assert.deepEqual(
    talk.told(),
    [100, 99, 98, 97, 96, 95, 94, 93, 92].map((ms) => `pong ${ms}`),
  );
  talk.connection.tick(10_008);
  assert.deepEqual(talk.told(), []);
  talk.connection.tick(10_009);
  assert.deepEqual(talk.told(), ["failed NO_ERROR ping-timeout"]);
});

test("8.1 HEADERS without END_HEADERS in a response, and a WINDOW_UPDATE for a stream that is gone", () => {
  const talk = asked(GET);
  talk.feed(frame(HEADERS, END_STREAM, 1, Buffer.from([0x88])), frame(9, END_HEADERS, 1, ""), frame(WINDOW_UPDATE, 0, 1, uint32(5)));
  assert.deepEqual(talk.told(), ["1 head GET 200 last"]);
});

test("3.4 the server's first frame is SETTINGS; an HTTP/1.1 answer is none", () => {
  for (const first of [frame(PING, 0, 0, "12345678"), settingsAck, headers(1, OK)]) {
    const talk = new Talk(SIDE_CLIENT).feed(first);
    assert.deepEqual(talk.told(), ["failed PROTOCOL_ERROR settings-first"]);
  }
  const talk = new Talk(SIDE_CLIENT);
  talk.connection.request(talk, GET, true);
  talk.feed(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
  assert.deepEqual(talk.told(), ["1 reset FRAME_SIZE_ERROR frame-too-large unprocessed", "failed FRAME_SIZE_ERROR frame-too-large"]);
});
