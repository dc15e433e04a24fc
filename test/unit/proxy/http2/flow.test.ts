import assert from "node:assert/strict";
import { test } from "node:test";
import type { Http2Stream } from "../../../../src/proxy/http2/codec/stream.ts";
import { DATA, END_STREAM, GET, OK, OPEN, POST, WINDOW_UPDATE, frame, headers, settings, uint32 } from "./frames.ts";
import { type Talk, serverTalk } from "./talk.ts";

const big = Buffer.alloc(1_000_000, 0x61);

function answering(count: number, limits = {}): [Talk, Http2Stream[]] {
  const talk = serverTalk(limits);
  const streams = Array.from({ length: count }, (_, at) => {
    talk.feed(headers(at * 2 + 1, GET));
    const stream = talk.streams.get(at * 2 + 1) as Http2Stream;
    talk.connection.sendHead(stream, OK, false);
    return stream;
  });
  talk.sent();
  return [talk, streams];
}

function sentBytes(talk: Talk): number {
  return talk.sentFrames().reduce((sum, { type, payload }) => sum + (type === DATA ? payload.length : 0), 0);
}

const update = (id: number, bytes: number): Buffer => frame(WINDOW_UPDATE, 0, id, uint32(bytes));

test("5.2, 6.9 a body goes as far as the windows let it, then on", () => {
  const [talk, [stream]] = answering(1) as [Talk, [Http2Stream]];
  let at = talk.connection.sendData(stream, big, 0, 200_000, true);
  assert.equal(at, 65_535);
  assert.deepEqual(talk.sent(), ["DATA 1 16384", "DATA 1 16384", "DATA 1 16384", "DATA 1 16383"]);
  talk.onWritable = () => (at += talk.connection.sendData(stream, big, at, 200_000, true));
  talk.feed(update(1, 100_000));
  assert.equal(at, 65_535);
  talk.feed(update(0, 50_000));
  assert.equal(at, 115_535);
  talk.feed(update(0, 1_000_000));
  assert.equal(at, 165_535);
  talk.feed(update(1, 1_000_000));
  assert.equal(at, 200_000);
  assert.equal(sentBytes(talk), 200_000 - 65_535);
  assert.equal(talk.connection.activeStreams, 0);
});

test("6.9.1 the end of a body needs no window", () => {
  const [talk, [stream]] = answering(1) as [Talk, [Http2Stream]];
  assert.equal(talk.connection.sendData(stream, big, 0, 65_535, false), 65_535);
  talk.sent();
  assert.equal(talk.connection.sendData(stream, big, 0, 0, true), 0);
  assert.deepEqual(talk.sent(), ["DATA 1 0 end"]);
});

test("6.9.2 SETTINGS_INITIAL_WINDOW_SIZE moves every stream's window, below zero too", () => {
  const [talk, [stream]] = answering(1) as [Talk, [Http2Stream]];
  let at = talk.connection.sendData(stream, big, 0, 40_000, false);
  at += talk.connection.sendData(stream, big, at, at, false);
  talk.feed(settings(4, 10_000));
  assert.equal(stream.sendWindow, -30_000);
  assert.equal(talk.connection.sendData(stream, big, 0, 10, false), 0);
  let wakes = 0;
  talk.onWritable = () => (wakes += 1);
  talk.feed(update(1, 30_000));
  assert.equal(wakes, 0);
  talk.feed(settings(4, 10_001));
  assert.equal(wakes, 1);
  assert.equal(talk.connection.sendData(stream, big, 0, 10, false), 1);
});

test("the connection's window is shared in turn", () => {
  const [talk, streams] = answering(4);
  const moved = new Map<number, number>();
  const push = (stream: Http2Stream): void => {
    const taken = talk.connection.sendData(stream, big, 0, 30_000, false);
    moved.set(stream.id, (moved.get(stream.id) ?? 0) + taken);
  };
  talk.onWritable = push;
  for (const stream of streams) push(stream);
  assert.deepEqual([...moved.values()], [30_000, 30_000, 5_535, 0]);
  // 3 and 4 wait; then 3 again, so that 4 is not passed over.
  talk.feed(update(0, 30_000));
  talk.feed(update(0, 30_000));
  assert.deepEqual([...moved.values()], [30_000, 30_000, 35_535, 30_000]);
});

test("output that is not taken stops bodies, and goes on in turn when there is room", () => {
  const [talk, streams] = answering(3, { maxOutputBytes: 20_000 });
  const order: number[] = [];
  talk.onWritable = (stream) => {
    order.push(stream.id);
    talk.connection.sendData(stream, big, 0, 15_000, false);
  };
  for (const stream of streams) talk.connection.sendData(stream, big, 0, 15_000, false);
  const waiting = streams.filter((stream) => stream.waiting).map(({ id }) => id);
  assert.deepEqual(waiting, [3, 5]);
  assert.ok(talk.connection.outputBytes < 20_100);
  talk.connection.transportReady();
  assert.deepEqual(order, []);
  for (let turn = 0; turn < 2; turn += 1) {
    talk.sent();
    talk.connection.transportReady();
  }
  assert.deepEqual(order, [3, 5, 5]);
});

test("design section 8: the connection's credit returns when bytes are handed over, a stream's when they are consumed", () => {
  const talk = serverTalk({ connectionWindow: 100_000 });
  talk.consumes = false;
  talk.feed(headers(1, POST, OPEN), headers(3, POST, OPEN));
  for (let count = 0; count < 4; count += 1) talk.feed(frame(DATA, 0, 1, big.subarray(0, 16_384)));
  // Half the connection's window is back, and nothing of the stream's.
  assert.deepEqual(talk.sent(), ["WINDOW_UPDATE 0 65536"]);
  for (let count = 0; count < 4; count += 1) talk.feed(frame(DATA, 0, 3, big.subarray(0, 16_384)));
  assert.deepEqual(talk.sent(), ["WINDOW_UPDATE 0 65536"]);
  const stream = talk.streams.get(1) as Http2Stream;
  talk.connection.consume(stream, 32_767);
  assert.deepEqual(talk.sent(), []);
  talk.connection.consume(stream, 1);
  assert.deepEqual(talk.sent(), ["WINDOW_UPDATE 1 32768"]);
  talk.told();
  talk.feed(frame(DATA, 0, 1, big.subarray(0, 16_384)), frame(DATA, END_STREAM, 1, big.subarray(0, 16_384)));
  talk.connection.consume(stream, 65_536);
  assert.deepEqual(talk.sent(), []);
});

test("6.9.1 more than a stream's window resets the stream; more than the connection's ends it", () => {
  const talk = serverTalk({ connectionWindow: 100_000 });
  talk.consumes = false;
  talk.feed(headers(1, POST, OPEN));
  for (let count = 0; count < 4; count += 1) talk.feed(frame(DATA, 0, 1, big.subarray(0, 16_384)));
  talk.told();
  talk.sent();
  talk.feed(frame(DATA, 0, 1, "a"));
  assert.deepEqual(talk.told(), ["1 reset FLOW_CONTROL_ERROR window-exceeded"]);
  assert.deepEqual(talk.sent(), ["RST_STREAM 1 3"]);
  const narrow = serverTalk({ connectionWindow: 65_535, streamWindow: 1_000_000 });
  narrow.feed(headers(1, POST, OPEN));
  // A frame at a time the credit comes back; the window itself is never exceeded by frames of the allowed size.
  for (let count = 0; count < 20; count += 1) narrow.feed(frame(DATA, 0, 1, big.subarray(0, 16_384)));
  assert.equal(narrow.connection.failure, null);
});

test("6.9.1 DATA of streams that are gone still returns the connection's credit", () => {
  const talk = serverTalk({ connectionWindow: 65_536 });
  talk.feed(headers(1, POST, OPEN));
  talk.connection.reset(talk.streams.get(1) as Http2Stream, 8);
  talk.sent();
  for (let count = 0; count < 2; count += 1) talk.feed(frame(DATA, 0, 1, big.subarray(0, 16_384)));
  assert.deepEqual(talk.sent(), ["WINDOW_UPDATE 0 32768"]);
});

test("6.1 padding uses the windows and is given back at once", () => {
  const talk = serverTalk();
  talk.consumes = false;
  talk.feed(headers(1, POST, OPEN));
  const padded = Buffer.concat([Buffer.from([255]), Buffer.from("a"), Buffer.alloc(255)]);
  for (let count = 0; count < 128; count += 1) talk.feed(frame(DATA, 8, 1, padded));
  assert.deepEqual(talk.sent(), ["WINDOW_UPDATE 1 32768"]);
});

test("16 readers that stall stop nobody else", () => {
  const talk = serverTalk();
  talk.consumes = false;
  for (let id = 1; id < 33; id += 2) {
    talk.feed(headers(id, POST, OPEN));
    for (let count = 0; count < 4; count += 1) talk.feed(frame(DATA, 0, id, big.subarray(0, 16_384)));
  }
  talk.consumes = true;
  talk.feed(headers(33, POST, OPEN));
  for (let count = 0; count < 200; count += 1) talk.feed(frame(DATA, 0, 33, big.subarray(0, 16_384)));
  assert.equal(talk.connection.failure, null);
  assert.equal(talk.streams.get(33)?.received, 200 * 16_384);
});

test("streams that always want more than there is room for take turns", () => {
  const [talk, streams] = answering(4, { maxOutputBytes: 5_000 });
  const order: number[] = [];
  talk.onWritable = (stream) => {
    order.push(stream.id);
    talk.connection.sendData(stream, big, 0, 30_000, false);
  };
  for (const stream of streams) talk.connection.sendData(stream, big, 0, 30_000, false);
  for (let turn = 0; turn < 8; turn += 1) {
    talk.sent();
    talk.connection.transportReady();
  }
  assert.deepEqual(order, [1, 3, 5, 7, 1, 3, 5, 7]);
});
