import assert from "node:assert/strict";
import { test } from "node:test";
import { SIDE_SERVER } from "../../../../src/proxy/http2/codec/settings.ts";
import {
  CONTINUATION,
  END_HEADERS,
  END_STREAM,
  GET,
  HEADERS,
  OK,
  OPEN,
  PING,
  POST,
  DATA,
  RST_STREAM,
  block,
  clientStart,
  frame,
  headers,
  parseFrames,
  settings,
  uint32,
} from "./frames.ts";
import { SERVER_VECTORS, type Vector } from "./server-vectors.ts";
import { Talk, serverTalk } from "./talk.ts";

function check(vector: Vector, talk: Talk): void {
  if (vector.fails !== undefined) {
    assert.deepEqual(talk.told(), [`failed ${vector.fails}`]);
    const last = talk.sent().at(-1) as string;
    assert.ok(last.startsWith("GOAWAY 0 ") && last.endsWith(vector.fails.split(" ")[1] as string), last);
    assert.equal(talk.connection.failure?.code, vector.fails.split(" ")[1]);
    return;
  }
  if (vector.refuses !== undefined) {
    assert.deepEqual(talk.told(), []);
    assert.deepEqual(talk.sent(), [`RST_STREAM 1 ${vector.refuses}`]);
    return;
  }
  assert.deepEqual(talk.told(), vector.told);
  if (vector.sent !== undefined) assert.deepEqual(talk.sent(), vector.sent);
}

for (const vector of SERVER_VECTORS) {
  test(`server, ${vector.rule}`, () => {
    check(vector, serverTalk().feed(...vector.send));
    const byteByByte = serverTalk();
    for (const byte of Buffer.concat(vector.send)) byteByByte.feed(Buffer.from([byte]));
    check(vector, byteByByte);
  });
}

test("3.4 the server's SETTINGS come first, then more window for the connection", () => {
  const talk = new Talk(SIDE_SERVER);
  const [first, second] = talk.sentFrames();
  assert.equal(first?.payload.toString("hex"), "000400010000000600006d00000300000064000900000001000800000001");
  assert.equal(second?.payload.readUInt32BE(0), 1_024 * 1_024 - 65_535);
});

test("3.4 a client's preface, whole, in pieces, and wrong", () => {
  for (let cut = 1; cut < 33; cut += 1) {
    const talk = new Talk(SIDE_SERVER).feed(clientStart.subarray(0, cut)).feed(clientStart.subarray(cut));
    assert.deepEqual(talk.told(), ["up"]);
    assert.deepEqual(talk.sent().slice(2), ["SETTINGS 0 ack"]);
  }
  for (const wrong of ["GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\rX"]) {
    assert.deepEqual(new Talk(SIDE_SERVER).feed(Buffer.from(wrong)).told(), ["failed PROTOCOL_ERROR bad-preface"]);
  }
});

test("3.4 the client's first frame is SETTINGS", () => {
  const preface = clientStart.subarray(0, 24);
  for (const first of [frame(PING, 0, 0, "12345678"), frame(4, 1, 0), headers(1, GET), frame(0x77, 0, 0)]) {
    assert.deepEqual(new Talk(SIDE_SERVER).feed(preface, first).told(), ["failed PROTOCOL_ERROR settings-first"]);
  }
});

test("5.1.2 streams above the limit are refused, and their blocks decoded", () => {
  const talk = serverTalk({ maxConcurrentStreams: 2 });
  const indexed = Buffer.concat([block(GET), Buffer.from("4001780179", "hex")]);
  talk.feed(headers(1, GET), headers(3, GET), frame(HEADERS, END_HEADERS | END_STREAM, 5, indexed));
  assert.deepEqual(talk.sent(), ["RST_STREAM 5 7"]);
  talk.connection.sendHead(talk.streams.get(1) as never, OK, true);
  talk.feed(frame(HEADERS, END_HEADERS | END_STREAM, 7, Buffer.concat([block(GET), Buffer.from("be", "hex")])));
  assert.deepEqual(talk.told(), ["1 head GET http api / last", "3 head GET http api / last", "7 head GET http api / x=y last"]);
});

test("6.5.2, 10.5.1 a request over the header limits is told as such, so that 431 can be the answer", () => {
  for (const list of [
    [...GET, "x-big", "v".repeat(28_000)],
    [...GET, ...Array.from({ length: 101 }, (_, at) => [`x-${at}`, ""]).flat()],
  ]) {
    const talk = serverTalk();
    const payload = block(list);
    talk.feed(
      frame(HEADERS, END_STREAM, 1, payload.subarray(0, 10_000)),
      frame(CONTINUATION, 0, 1, payload.subarray(10_000, 20_000)),
      frame(CONTINUATION, END_HEADERS, 1, payload.subarray(20_000)),
    );
    assert.deepEqual(talk.told(), ["1 oversized last"]);
    assert.equal(talk.connection.sendHead(talk.streams.get(1) as never, [":status", "431"], true), true);
    assert.deepEqual(talk.sent(), ["HEADERS 1 end"]);
    assert.deepEqual(talk.feed(headers(3, GET)).told(), ["3 head GET http api / last"]);
  }
});

test("8.1 responses: interim, final, body, trailers; nothing after the end", () => {
  const talk = serverTalk().feed(headers(1, GET));
  const stream = talk.streams.get(1) as never;
  const { connection } = talk;
  assert.equal(connection.sendHead(stream, [":status", "100"], false), true);
  assert.equal(connection.sendHead(stream, [":status", "103", "link", "</a>"], false), true);
  assert.equal(connection.sendHead(stream, [":status", "200"], false), true);
  assert.equal(connection.sendData(stream, Buffer.from("abc"), 0, 3, false), 3);
  assert.equal(connection.sendHead(stream, ["grpc-status", "0"], true), true);
  assert.deepEqual(talk.sent(), ["HEADERS 1", "HEADERS 1", "HEADERS 1", "DATA 1 3", "HEADERS 1 end"]);
  assert.equal(connection.sendHead(stream, ["x", "y"], true), false);
  assert.equal(connection.sendData(stream, Buffer.from("abc"), 0, 3, true), 0);
  connection.reset(stream, 8);
  assert.deepEqual(talk.sent(), []);
  assert.equal(connection.activeStreams, 0);
  // A section behind the final head can only be the trailers.
  talk.feed(headers(3, GET));
  const other = talk.streams.get(3) as never;
  connection.sendHead(other, OK, false);
  connection.sendHead(other, ["x-sum", "1"], false);
  assert.deepEqual(talk.sent(), ["HEADERS 3", "HEADERS 3 end"]);
});

test("8.1 an answer before the request is complete: the rest is still read, or refused without harm", () => {
  const talk = serverTalk().feed(headers(1, POST, OPEN));
  const stream = talk.streams.get(1) as never;
  talk.connection.sendHead(stream, OK, true);
  talk.feed(frame(DATA, 0, 1, "abc"));
  talk.connection.reset(stream, 0);
  talk.feed(frame(DATA, END_STREAM, 1, "def"));
  assert.deepEqual(talk.told(), ["1 head POST http api /", "1 data abc"]);
  assert.deepEqual(talk.sent(), ["HEADERS 1 end", "RST_STREAM 1 0"]);
});

test("4.3, 6.10 a response head larger than the peer's frames goes in several", () => {
  for (const size of [16_000, 16_384, 17_000, 33_000, 50_000]) {
    const talk = serverTalk().feed(headers(1, GET));
    const value = Array.from({ length: size }, (_, at) => String.fromCharCode(97 + (at % 26))).join("");
    talk.connection.sendHead(talk.streams.get(1) as never, [":status", "200", "x-big", value], true);
    const frames = parseFrames(talk.connection.takeOutput() as Buffer);
    assert.ok(frames.every(({ payload }) => payload.length <= 16_384));
    assert.deepEqual(
      frames.map(({ type, flags }) => [type, flags]),
      frames.map((_, at) => [
        at === 0 ? HEADERS : CONTINUATION,
        (at === 0 ? END_STREAM : 0) | (at === frames.length - 1 ? END_HEADERS : 0),
      ]),
    );
    const whole = Buffer.concat(frames.map(({ payload }) => payload));
    assert.ok(whole.toString("latin1").endsWith(value));
  }
});

test("6.5.2 the peer's HEADER_TABLE_SIZE and MAX_FRAME_SIZE are kept to", () => {
  const talk = serverTalk().feed(settings(1, 0, 5, 20_000), headers(1, GET), headers(3, GET));
  talk.sent();
  for (const id of [1, 3]) {
    talk.connection.sendHead(talk.streams.get(id) as never, [":status", "200", "x-a", "b"], false);
    talk.connection.sendData(talk.streams.get(id) as never, Buffer.alloc(18_000), 0, 18_000, true);
  }
  const frames = talk.sentFrames();
  assert.deepEqual(
    frames.map(({ payload }) => payload.length),
    [9, 18_000, 8, 18_000],
  );
  assert.equal(frames[0]?.payload[0], 0x20);
});

test("6.8 graceful end: warning, round trip, last stream, then nothing new", () => {
  const talk = serverTalk().feed(headers(1, GET));
  talk.connection.shutdown(0);
  talk.connection.shutdown(0);
  const [warning, probe] = talk.sentFrames();
  assert.equal(warning?.payload.readUInt32BE(0), 0x7fff_ffff);
  assert.equal(probe?.type, PING);
  talk.feed(headers(3, POST, OPEN));
  talk.feed(frame(PING, 1, 0, probe?.payload as Buffer));
  assert.deepEqual(talk.sent(), ["GOAWAY 0 3 0"]);
  talk.feed(headers(5, POST, OPEN), frame(DATA, END_STREAM, 5, "late"));
  assert.deepEqual(talk.told(), ["1 head GET http api / last", "3 head POST http api /"]);
  assert.equal(talk.connection.drained, false);
  talk.feed(frame(DATA, END_STREAM, 3, "x"));
  for (const id of [1, 3]) talk.connection.sendHead(talk.streams.get(id) as never, OK, true);
  assert.equal(talk.connection.drained, true);
  assert.deepEqual(talk.told(), ["3 data x", "3 end"]);
  assert.equal(talk.connection.failure, null);
});

test("6.8 graceful end without an answer to the probe goes on after its time", () => {
  const talk = serverTalk();
  talk.connection.shutdown(1_000);
  talk.connection.tick(10_999);
  assert.equal(talk.connection.drained, false);
  talk.connection.tick(11_000);
  assert.equal(talk.connection.drained, true);
  assert.equal(talk.sent().at(-1), "GOAWAY 0 0 0");
});

test("5.1 the end of the transport resets what is open, once", () => {
  const talk = serverTalk().feed(headers(1, GET), headers(3, GET));
  talk.told();
  talk.connection.transportClosed();
  talk.connection.transportClosed();
  talk.connection.terminate();
  assert.deepEqual(talk.told(), [
    "1 reset NO_ERROR transport-closed",
    "3 reset NO_ERROR transport-closed",
    "failed NO_ERROR transport-closed",
  ]);
});

test("7 unknown error codes mean nothing special", () => {
  const talk = serverTalk().feed(headers(1, GET), frame(RST_STREAM, 0, 1, uint32(0xffff)));
  assert.deepEqual(talk.told(), ["1 head GET http api / last", "1 reset 0xffff by peer"]);
});

test("RFC 8441 3 extended CONNECT is refused where it was not offered", () => {
  const talk = serverTalk({ connectProtocol: false });
  talk.feed(headers(1, [":method", "CONNECT", ":protocol", "websocket", ":scheme", "http", ":authority", "a", ":path", "/"]));
  assert.deepEqual(talk.sent(), ["RST_STREAM 1 1"]);
});

test("handlers may end anything while they are told of it", () => {
  const talk = serverTalk();
  talk.onHead = (stream) => (stream.id === 1 ? talk.connection.reset(stream, 8) : talk.connection.terminate());
  talk.feed(headers(1, POST, OPEN), frame(DATA, END_STREAM, 1, "abc"), headers(3, GET), headers(5, GET));
  assert.deepEqual(talk.told(), [
    "1 head POST http api /",
    "3 head GET http api / last",
    "3 reset NO_ERROR shut-down",
    "failed NO_ERROR shut-down",
  ]);
});

test("while a connection fails, what its owner does about other streams changes nothing", () => {
  const talk = serverTalk().feed(headers(1, GET), headers(3, GET));
  talk.told();
  talk.sent();
  talk.reset = (stream) => {
    talk.events.push(`${stream.id} over`);
    for (const other of talk.streams.values()) {
      talk.connection.reset(other, 8);
      assert.equal(talk.connection.sendHead(other, OK, true), false);
      assert.equal(talk.connection.sendData(other, Buffer.from("a"), 0, 1, true), 0);
    }
    talk.connection.shutdown(0);
  };
  talk.feed(frame(DATA, 0, 9, "a"));
  assert.deepEqual(talk.told(), ["1 over", "3 over", "failed PROTOCOL_ERROR idle-stream"]);
  assert.deepEqual(talk.sent(), ["GOAWAY 0 3 1 idle-stream"]);
});

test("nothing of one request is left when the next is read", () => {
  const first = [...POST, "host", "api", "cookie", "a=1", "content-length", "0", "te", "trailers"];
  const talk = serverTalk().feed(
    headers(1, first),
    headers(3, [...GET, "cookie", "b=2", "host", "api"]),
    headers(5, GET),
    headers(7, [...GET, "Bad", ""]),
  );
  talk.feed(headers(9, GET), headers(11, [":method", "CONNECT", ":authority", "db:1"]), headers(13, GET));
  assert.deepEqual(talk.told(), [
    "1 head POST http api / host=api cookie=a=1 content-length=0 te=trailers last",
    "3 head GET http api / cookie=b=2 host=api last",
    "5 head GET http api / last",
    "9 head GET http api / last",
    "11 head CONNECT db:1 last",
    "13 head GET http api / last",
  ]);
  assert.deepEqual(talk.sent(), ["RST_STREAM 7 1"]);
});

test("5.1 a stream reset by us is known as such long after, so that a slow uploader does no harm", () => {
  const talk = serverTalk().feed(headers(1, POST, OPEN));
  talk.connection.reset(talk.streams.get(1) as never, 8);
  for (let id = 3; id < 2_003; id += 2) {
    talk.feed(headers(id, GET));
    talk.connection.sendHead(talk.streams.get(id) as never, OK, true);
  }
  talk.sent();
  talk.feed(frame(DATA, 0, 1, "late"), headers(1, ["x", "y"]));
  assert.deepEqual(talk.sent(), []);
  assert.equal(talk.connection.failure, null);
});

test("8.2.1 a bad value stays bad in the table, and its name is as good as any", () => {
  const request = (id: number, ...more: number[]): Buffer =>
    frame(HEADERS, END_HEADERS | END_STREAM, id, Buffer.concat([block(GET), Buffer.from(more)]));
  const talk = serverTalk();
  // Inserted: x: NUL. Then its name with another value, inserted too. Then each of the two by index.
  talk.feed(request(1, 0x40, 1, 0x78, 1, 0x00), request(3, 0x7e, 1, 0x62), request(5, 0xbe), request(7, 0xbf));
  assert.deepEqual(talk.told(), ["3 head GET http api / x=b last", "5 head GET http api / x=b last"]);
  assert.deepEqual(talk.sent(), ["RST_STREAM 1 1", "RST_STREAM 7 1"]);
});
