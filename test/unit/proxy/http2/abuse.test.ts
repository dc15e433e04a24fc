/** The attacks of promise S3: each ends the connection by name within 1,000 frames, and honest use of the same frames does not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Http2Stream } from "../../../../src/proxy/http2/codec/stream.ts";
import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  GET,
  HEADERS,
  OK,
  OPEN,
  PING,
  POST,
  PRIORITY,
  RST_STREAM,
  WINDOW_UPDATE,
  block,
  clientStart,
  frame,
  headers,
  settings,
  uint32,
} from "./frames.ts";
import { SIDE_SERVER } from "../../../../src/proxy/http2/codec/settings.ts";
import { MESH_LIMITS } from "../../../../src/proxy/http2/codec/limits.ts";
import { Talk, clientTalk, serverTalk } from "./talk.ts";

/** Feeds frames, a thousand at most, until the connection ends; its output is read all the while. Returns how many it took. */
function attack(talk: Talk, next: (count: number) => Buffer): number {
  for (let count = 0; count < 1_000; count += 1) {
    talk.feed(next(count));
    talk.sent();
    if (talk.connection.failure !== null) return count + 1;
  }
  return Number.POSITIVE_INFINITY;
}

const cancel = uint32(8);

const ATTACKS: readonly [string, string, () => [Talk, (count: number) => Buffer]][] = [
  [
    "rapid reset",
    "rapid-reset",
    () => [serverTalk(), (count) => Buffer.concat([headers(count * 2 + 1, GET), frame(RST_STREAM, 0, count * 2 + 1, cancel)])],
  ],
  [
    "made you reset, by zero increments",
    "made-you-reset",
    () => [serverTalk(), (count) => Buffer.concat([headers(count * 2 + 1, GET), frame(WINDOW_UPDATE, 0, count * 2 + 1, uint32(0))])],
  ],
  [
    "made you reset, by DATA after the end",
    "made-you-reset",
    () => [serverTalk(), (count) => Buffer.concat([headers(count * 2 + 1, GET), frame(DATA, 0, count * 2 + 1, "a")])],
  ],
  ["made you reset, by malformed requests", "made-you-reset", () => [serverTalk(), (count) => headers(count * 2 + 1, [...GET, "Bad", ""])]],
  ["streams above the limit", "made-you-reset", () => [serverTalk(), (count) => headers(count * 2 + 1, GET)]],
  [
    "CONTINUATION without end",
    "continuation-flood",
    () => [
      serverTalk(),
      (count) => (count === 0 ? frame(HEADERS, END_STREAM, 1, block(GET)) : frame(CONTINUATION, 0, 1, Buffer.from([0x82]))),
    ],
  ],
  [
    "empty CONTINUATION",
    "continuation-flood",
    () => [serverTalk(), (count) => (count === 0 ? frame(HEADERS, END_STREAM, 1, block(GET)) : frame(CONTINUATION, 0, 1))],
  ],
  [
    "large CONTINUATION",
    "block-too-large",
    () => [serverTalk(), (count) => frame(count === 0 ? HEADERS : CONTINUATION, 0, 1, Buffer.alloc(16_384, 0x82))],
  ],
  ["SETTINGS", "settings-flood", () => [serverTalk(), () => settings()]],
  ["SETTINGS that move the window", "settings-flood", () => [serverTalk(), (count) => settings(4, count)]],
  ["many settings in a frame", "too-many-settings", () => [serverTalk(), () => settings(...Array.from({ length: 66 }, () => 3))]],
  ["GOAWAY", "settings-flood", () => [serverTalk(), () => frame(7, 0, 0, uint32(0, 0))]],
  ["PING", "ping-flood", () => [serverTalk(), () => frame(PING, 0, 0, "12345678")]],
  ["PING answers", "ping-flood", () => [serverTalk(), () => frame(PING, ACK, 0, "12345678")]],
  ["empty DATA", "empty-data-flood", () => [serverTalk().feed(headers(1, POST, OPEN)), () => frame(DATA, 0, 1)]],
  ["DATA of padding only", "empty-data-flood", () => [serverTalk().feed(headers(1, POST, OPEN)), () => frame(DATA, 8, 1, "\u0001\0")]],
  ["PRIORITY", "priority-flood", () => [serverTalk(), (count) => frame(PRIORITY, 0, count * 2 + 1, Buffer.alloc(5))]],
  ["WINDOW_UPDATE", "window-update-flood", () => [serverTalk(), () => frame(WINDOW_UPDATE, 0, 0, uint32(1))]],
  ["unknown frames", "unknown-frame-flood", () => [serverTalk(), () => frame(0x55, 0, 0, "x")]],
];

for (const [name, code, begin] of ATTACKS) {
  test(`${name}: ${code}`, () => {
    const [talk, next] = begin();
    const frames = attack(talk, next);
    assert.equal(talk.connection.failure?.code, code);
    assert.ok(frames <= 1_000);
    assert.equal(talk.connection.activeStreams, 0);
    // Every request that was told of has been told of its end.
    const told = talk.told();
    const begun = told.filter((line) => / head | oversized/.test(line)).length;
    const ended = told.filter((line) => / reset /.test(line)).length;
    assert.equal(ended, begun);
  });
}

test("HPACK bomb: one entry repeated unfolds to more than may be", () => {
  const talk = serverTalk();
  const entry = Buffer.concat([Buffer.from([0x40, 1, 0x78, 0x7f, 0xa1, 0x1e]), Buffer.alloc(4_000, 0x61)]);
  talk.feed(frame(HEADERS, END_HEADERS | END_STREAM, 1, Buffer.concat([block(GET), entry, Buffer.alloc(10_000, 0xbe)])));
  assert.deepEqual(talk.told(), ["failed ENHANCE_YOUR_CALM hpack-bomb"]);
  // Also on a stream nobody listens to.
  const ignored = serverTalk({ maxConcurrentStreams: 0 });
  ignored.feed(frame(HEADERS, END_HEADERS | END_STREAM, 1, Buffer.concat([block(GET), entry, Buffer.alloc(10_000, 0xbe)])));
  assert.deepEqual(ignored.told(), ["failed ENHANCE_YOUR_CALM hpack-bomb"]);
});

test("answers that are never read end the connection before they fill the memory", () => {
  const talk = serverTalk({ pingsPerSecond: 1e9 });
  let count = 0;
  while (talk.connection.failure === null && count < 2_000) {
    talk.feed(frame(PING, 0, 0, "12345678"));
    count += 1;
  }
  assert.equal(talk.connection.failure?.code, "control-backlog");
  assert.equal(count, 1_001);
  assert.ok(talk.connection.outputBytes < 20_000);
});

test("a window that stays shut, or opens by crumbs, resets its stream and no other", () => {
  const talk = serverTalk().feed(settings(4, 0), headers(1, GET), headers(3, GET), headers(5, GET));
  const body = Buffer.alloc(50_000);
  const [first, second, third] = [1, 3, 5].map((id) => talk.streams.get(id)) as [Http2Stream, Http2Stream, Http2Stream];
  for (const stream of [first, second, third]) {
    talk.connection.sendHead(stream, OK, false);
    talk.connection.sendData(stream, body, 0, body.length, true);
  }
  talk.onWritable = (stream) => talk.connection.sendData(stream, body, 0, body.length, true);
  talk.told();
  for (let at = 1; at <= 30; at += 1) {
    talk.nowMs = at * 1_000;
    talk.feed(frame(WINDOW_UPDATE, 0, 3, uint32(1)), frame(WINDOW_UPDATE, 0, 5, uint32(500)));
    talk.connection.tick(talk.nowMs);
  }
  assert.deepEqual(talk.told(), ["1 reset ENHANCE_YOUR_CALM window-stall", "3 reset ENHANCE_YOUR_CALM window-stall"]);
  assert.equal(talk.connection.activeStreams, 1);
});

test("deadlines: SETTINGS, their acknowledgement, and a field block that trickles", () => {
  const silent = new Talk(SIDE_SERVER);
  silent.connection.tick(9_999);
  assert.equal(silent.connection.failure, null);
  silent.connection.tick(10_000);
  assert.deepEqual(silent.told(), ["failed SETTINGS_TIMEOUT settings-timeout"]);
  const unacknowledged = new Talk(SIDE_SERVER).feed(clientStart.subarray(0, 33));
  unacknowledged.connection.tick(10_000);
  assert.deepEqual(unacknowledged.told(), ["up", "failed SETTINGS_TIMEOUT settings-timeout"]);
  const slow = serverTalk();
  slow.nowMs = 50_000;
  slow.feed(frame(HEADERS, END_STREAM, 1, block(GET)));
  slow.connection.tick(59_999);
  assert.equal(slow.connection.failure, null);
  slow.connection.tick(60_000);
  assert.deepEqual(slow.told(), ["failed ENHANCE_YOUR_CALM slow-headers"]);
});

test("honest use at ten times the pace of people is no attack", () => {
  const talk = serverTalk();
  talk.onHead = (stream) => {
    talk.connection.sendHead(stream, OK, false);
    talk.connection.sendData(stream, Buffer.alloc(1_000), 0, 1_000, true);
  };
  let id = 1;
  for (let ms = 0; ms < 5_000; ms += 1) {
    talk.nowMs = ms;
    talk.feed(headers(id, GET), frame(WINDOW_UPDATE, 0, 0, uint32(1_000)), frame(WINDOW_UPDATE, 0, id, uint32(1_000)));
    if (ms % 20 === 0) talk.feed(frame(PING, 0, 0, "12345678"));
    if (ms % 100 === 0) talk.feed(settings(3, ms), frame(PRIORITY, 0, id, Buffer.alloc(5)), frame(0x10, 0, 0, "u=3"));
    // A tenth of the requests are given up.
    id += 2;
    if (ms % 10 === 0) {
      talk.onHead = () => {};
      talk.feed(headers(id, GET), frame(RST_STREAM, 0, id, cancel));
      talk.onHead = (stream) => {
        talk.connection.sendHead(stream, OK, false);
        talk.connection.sendData(stream, Buffer.alloc(1_000), 0, 1_000, true);
      };
      id += 2;
    }
    talk.sent();
    talk.told();
  }
  assert.equal(talk.connection.failure, null);
});

test("a receiver that measures the way by a PING for each DATA frame is no attacker", () => {
  const talk = serverTalk().feed(headers(1, GET));
  const stream = talk.streams.get(1) as Http2Stream;
  talk.connection.sendHead(stream, OK, false);
  for (let count = 0; count < 2_000; count += 1) {
    talk.connection.sendData(stream, Buffer.alloc(10), 0, 10, false);
    talk.feed(frame(PING, 0, 0, "12345678"));
    talk.sent();
  }
  assert.equal(talk.connection.failure, null);
});

test("what was on its way to streams reset at once is no attack, on either side", () => {
  const most = MESH_LIMITS.maxConcurrentStreams;
  const client = clientTalk(MESH_LIMITS);
  client.feed(settings(3, most));
  const opened: Http2Stream[] = [];
  for (let count = 0; count < most; count += 1) opened.push(client.connection.request(client, GET, true) as Http2Stream);
  for (const { id } of opened) client.feed(headers(id, OK, OPEN));
  for (const stream of opened) client.connection.reset(stream, 8);
  for (const { id } of opened) client.feed(frame(DATA, 0, id, "late"));
  assert.equal(client.connection.failure, null);
  const server = serverTalk(MESH_LIMITS);
  const ids = Array.from({ length: most }, (_, at) => at * 2 + 1);
  for (const id of ids) server.feed(headers(id, POST, OPEN));
  for (const id of ids) server.connection.reset(server.streams.get(id) as Http2Stream, 0);
  for (const id of ids) server.feed(frame(DATA, 0, id, "late"), headers(id, ["x-trailer", "late"]));
  assert.equal(server.connection.failure, null);
});

test("a proxy that has reset many streams of its own rests before its peer would take it for an attacker", () => {
  const client = clientTalk(MESH_LIMITS);
  client.feed(settings(3, MESH_LIMITS.maxConcurrentStreams));
  const server = serverTalk(MESH_LIMITS);
  let sent = 0;
  for (let ms = 0; ms < 3_000; ms += 1) {
    client.nowMs = ms;
    server.nowMs = ms;
    client.connection.tick(ms);
    // As many at once as may be, given up in the same moment.
    const streams: Http2Stream[] = [];
    while (!client.connection.tired(ms) && client.connection.canOpen) {
      streams.push(client.connection.request(client, GET, true) as Http2Stream);
    }
    for (const stream of streams) client.connection.reset(stream, 8);
    for (const stream of streams) server.feed(headers(stream.id, GET), frame(RST_STREAM, 0, stream.id, cancel));
    sent += streams.length;
    server.sent();
    client.sent();
  }
  assert.ok(sent >= 2_000, `only ${sent} were opened`);
  assert.equal(server.connection.failure, null);
});

test("interim responses without end end their stream", () => {
  const client = clientTalk();
  client.connection.request(client, GET, true);
  for (let count = 0; count <= 100; count += 1) client.feed(headers(1, [":status", "103"], OPEN));
  assert.equal(client.told().at(-1), "1 reset ENHANCE_YOUR_CALM interim-flood");
  assert.equal(client.connection.failure, null);
});

test("5.1, 10.5 a stream on which nothing moves for an hour ends; one that says something now and then does not", () => {
  const post = [":method", "POST", ":scheme", "http", ":authority", "api", ":path", "/"];
  const talk = serverTalk().feed(headers(1, post, END_HEADERS), headers(3, post, END_HEADERS));
  talk.told();
  talk.nowMs = 1_800_000;
  talk.feed(frame(DATA, 0, 3, Buffer.from("x")));
  talk.connection.tick(talk.nowMs);
  talk.told();
  talk.nowMs = 3_600_000;
  talk.connection.tick(talk.nowMs);
  assert.deepEqual(talk.told(), ["1 reset CANCEL stream-idle"]);
});
