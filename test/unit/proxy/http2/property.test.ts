import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { PREFACE } from "../../../../src/proxy/http2/codec/frame.ts";
import { SIDE_CLIENT, SIDE_SERVER, type Side } from "../../../../src/proxy/http2/codec/settings.ts";
import type { Http2Stream, StreamHandler } from "../../../../src/proxy/http2/codec/stream.ts";
import { GET, OK, POST, block, frame, headers, settings, settingsAck, uint32 } from "./frames.ts";
import { SERVER_VECTORS } from "./server-vectors.ts";
import { Talk } from "./talk.ts";

const ids = fc.constantFrom(0, 1, 1, 1, 2, 3, 3, 5, 7);
const flags = fc.oneof(fc.constantFrom(0, 1, 4, 5, 5, 5, 8, 9, 0x0d, 0x25, 0x2c), fc.integer({ min: 0, max: 255 }));
const lists = fc.constantFrom<readonly string[]>(
  GET,
  POST,
  OK,
  [":status", "100"],
  [":status", "304", "content-length", "4"],
  [...POST, "content-length", "4"],
  ["x", "y"],
  [...GET, "connection", "close"],
  [...GET, "cookie", "a", "cookie", "b"],
  [":method", "CONNECT", ":authority", "a:1"],
  [...GET, ...Array.from({ length: 120 }, () => ["x", "y"]).flat()],
);
const small = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

/** Frames that make sense often enough to get somewhere, and wrong ones between them. */
const frames = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom(1, 1, 3, 5, 7), lists, flags).map(([id, list, bits]) => headers(id, list, bits & ~0x28)),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(ids, lists, fc.constantFrom(0, 1, 4, 5), fc.nat(60)).map(([id, list, bits, at]) => cutBlock(id, list, bits, at)),
  },
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom(1, 1, 3, 5), flags, small).map(([id, bits, payload]) => frame(0, bits, id, payload)) },
  { weight: 2, arbitrary: fc.tuple(ids, fc.constantFrom(0, 1, 5, 0x7fff_ffff)).map(([id, more]) => frame(8, 0, id, uint32(more))) },
  { weight: 2, arbitrary: fc.tuple(ids, fc.nat(14)).map(([id, error]) => frame(3, 0, id, uint32(error))) },
  { weight: 2, arbitrary: fc.array(fc.tuple(fc.nat(10), fc.nat(70_000)), { maxLength: 4 }).map((pairs) => settings(...pairs.flat())) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(settingsAck, frame(6, 0, 0, "12345678"), frame(7, 0, 0, uint32(3, 0)), frame(2, 0, 3, Buffer.alloc(5))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 12 }), flags, ids, small)
      .map(([type, bits, id, payload]) => frame(type, bits, id, payload)),
  },
  { weight: 1, arbitrary: small },
);

function cutBlock(id: number, list: readonly string[], bits: number, at: number): Buffer {
  const whole = block(list);
  const cut = Math.min(at, whole.length);
  return Buffer.concat([frame(1, bits & 1, id, whole.subarray(0, cut)), frame(9, bits | 4, id, whole.subarray(cut))]);
}

/** All that is observable of a conversation, without the times at which credit went back. */
function observe(side: Side, bytes: Buffer, cuts: readonly number[]): readonly string[] {
  const talk = new Talk(side, { maxConcurrentStreams: 3, settingsPerSecond: 8 });
  if (side === SIDE_CLIENT) for (const request of [GET, POST, GET]) talk.connection.request(talk, request, request === GET);
  else talk.onHead = (stream) => void talk.connection.sendHead(stream, OK, stream.id % 4 === 1);
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    talk.feed(bytes.subarray(from, to));
    from = to;
  }
  return [...talk.told(), ...talk.sent(), talk.connection.failure?.code ?? "alive", String(talk.connection.activeStreams)];
}

const streams = fc.array(frames, { maxLength: 25 }).map((list) => Buffer.concat(list));

for (const [name, side, start] of [
  ["server", SIDE_SERVER, Buffer.concat([PREFACE, settings()])],
  ["client", SIDE_CLIENT, settings()],
] as const) {
  test(`property, ${name}: any bytes, cut anywhere, give the same events and frames, or the same error, and never a throw`, () => {
    fc.assert(
      fc.property(streams, fc.array(fc.nat(400), { maxLength: 8 }), (body, places) => {
        const bytes = Buffer.concat([start, body]);
        const cuts = places.map((place) => Math.min(place, bytes.length)).sort((a, b) => a - b);
        const whole = observe(side, bytes, []);
        assert.deepEqual(observe(side, bytes, cuts), whole);
        const each = Array.from({ length: bytes.length }, (_, at) => at);
        assert.deepEqual(observe(side, bytes, each), whole);
      }),
      { numRuns: 250 },
    );
  });

  test(`property, ${name}: noise alone never throws`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        observe(side, Buffer.concat([start, noise]), []);
        observe(side, Buffer.from(noise), []);
      }),
      { numRuns: 300 },
    );
  });
}

test("every vector of the server, at every single cut", () => {
  for (const { rule, send } of SERVER_VECTORS) {
    const bytes = Buffer.concat([PREFACE, settings(), ...send]);
    if (bytes.length > 2_000) continue;
    const whole = observe(SIDE_SERVER, bytes, []);
    for (let cut = 24; cut < bytes.length; cut += 1) assert.deepEqual(observe(SIDE_SERVER, bytes, [cut]), whole, `${rule}, cut at ${cut}`);
  }
});

/** One message as its receiver saw it. */
class Seen {
  fields: string[] = [];
  body = "";
  trailers: string[] | null = null;
  over = "";
}

/** Two of our connections, joined by their outputs. */
class Pair {
  readonly server = new Talk(SIDE_SERVER);
  readonly client = new Talk(SIDE_CLIENT);

  settle(): void {
    for (let round = 0; round < 1_000; round += 1) {
      const up = this.client.connection.takeOutput();
      if (up !== null) this.server.connection.receive(up, 0, up.length, 0);
      this.server.connection.transportReady();
      const down = this.server.connection.takeOutput();
      if (down !== null) this.client.connection.receive(down, 0, down.length, 0);
      this.client.connection.transportReady();
      if (up === null && down === null) return;
    }
    throw new Error("the two never come to rest");
  }
}

function seeing(seen: Seen, talk: Talk, onHead: (stream: Http2Stream) => void, resume: (stream: Http2Stream) => void): StreamHandler {
  return {
    interim: () => {},
    oversized: () => {},
    head(stream, last) {
      seen.fields = [stream.method, stream.path, stream.authority, String(stream.status), ...stream.fields];
      if (last) seen.over = "end";
      onHead(stream);
    },
    data(stream, bytes, from, to) {
      seen.body += bytes.toString("latin1", from, to);
      talk.connection.consume(stream, to - from);
    },
    end(_stream, trailers) {
      seen.trailers = trailers === null ? null : [...trailers];
      seen.over = "end";
    },
    reset(_stream, error) {
      seen.over = `reset ${error}`;
    },
    writable: resume,
  };
}

const token = fc.string({ unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789-".split("")), minLength: 1, maxLength: 12 });
const value = fc
  .string({
    unit: fc
      .integer({ min: 0x21, max: 0xff })
      .filter((code) => code !== 0x7f)
      .map((code) => String.fromCharCode(code)),
    maxLength: 40,
  })
  .map((text) => text.trim());
const fields = fc
  .array(
    fc.tuple(
      token.map((name) => `x-${name}`),
      value,
    ),
    { maxLength: 8 },
  )
  .map((pairs) => pairs.flat());
const body = fc.oneof(
  fc.constant(""),
  fc.string({ maxLength: 50 }).map((text) => Buffer.from(text).toString("latin1")),
  fc.integer({ min: 1, max: 300_000 }).map((length) => "b".repeat(length)),
);
const message = fc.record({ fields, body, trailers: fc.option(fields.filter((list) => list.length > 0)) });

test("property: what one side sends is what the other side sees, whatever the windows", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(message, message), { minLength: 1, maxLength: 6 }), (exchanges) => {
      const pair = new Pair();
      const requests: Seen[] = [];
      const responses: Seen[] = [];
      const write = (talk: Talk, stream: Http2Stream, what: (typeof exchanges)[number][0], progress: { at: number }): void => {
        const bytes = Buffer.from(what.body, "latin1");
        const last = what.trailers === null;
        progress.at += talk.connection.sendData(stream, bytes, progress.at, bytes.length, last);
        if (progress.at === bytes.length && what.trailers !== null) talk.connection.sendHead(stream, what.trailers, true);
      };
      pair.server.accept = (stream) => {
        const [, answer] = exchanges[(stream.id - 1) / 2] as (typeof exchanges)[number];
        const seen = new Seen();
        requests.push(seen);
        const progress = { at: 0 };
        const go = (): void => write(pair.server, stream, answer, progress);
        return seeing(
          seen,
          pair.server,
          () => {
            pair.server.connection.sendHead(stream, [":status", "200", ...answer.fields], false);
            go();
          },
          go,
        );
      };
      for (const [ask] of exchanges) {
        const seen = new Seen();
        responses.push(seen);
        const progress = { at: 0 };
        const handler = seeing(
          seen,
          pair.client,
          () => {},
          (stream) => write(pair.client, stream, ask, progress),
        );
        const stream = pair.client.connection.request(handler, [...POST, ...ask.fields], false) as Http2Stream;
        write(pair.client, stream, ask, progress);
      }
      pair.settle();
      for (const [at, [ask, answer]] of exchanges.entries()) {
        assert.deepEqual(
          { ...requests[at] },
          { fields: ["POST", "/", "api", "0", ...ask.fields], body: ask.body, trailers: ask.trailers, over: "end" },
        );
        assert.deepEqual(
          { ...responses[at] },
          { fields: ["POST", "", "", "200", ...answer.fields], body: answer.body, trailers: answer.trailers, over: "end" },
        );
      }
      assert.equal(pair.client.connection.activeStreams, 0);
      assert.equal(pair.server.connection.activeStreams, 0);
    }),
    { numRuns: 60 },
  );
});
