/** Any order of frames and any behaviour of the application: nothing throws, every request ends once, nothing is left (S2, S3). */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import type { HttpServerSide } from "../../../../src/proxy/contract.ts";
import { plain, startEngine, type TestEngine } from "../../../support/http/engine.ts";
import { RawBackend, answering } from "../../../support/http/raw-backend.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";
import { Http2Peer } from "../../../support/http2/peer.ts";
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  PING,
  PRIORITY,
  RST_STREAM,
  WINDOW_UPDATE,
  frame,
  headers,
  settings,
  uint32,
} from "../../../unit/proxy/http2/frames.ts";
import { until } from "../sides.ts";

/** By path: what the application does. */
const ANSWERS: Readonly<Record<string, string>> = {
  "/small": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
  "/large": `HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n${"x".repeat(200_000)}`,
  "/chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n",
  "/early": "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
  "/hints": "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
  "/cut": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut",
  "/bad": "HTTP/1.1 2x0 what\r\n\r\n",
  "/up": "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello",
  "/more": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok, and more than that",
};
const PATHS = [...Object.keys(ANSWERS), "/silent", "/end", "/..//"];

type Step =
  | { readonly do: "open"; readonly path: string; readonly method: string; readonly last: boolean }
  | { readonly do: "data"; readonly at: number; readonly size: number; readonly last: boolean }
  | { readonly do: "trailers" | "reset" | "credit" | "priority"; readonly at: number }
  | { readonly do: "window"; readonly size: number }
  | { readonly do: "ping" | "turn" | "wait" };

const at = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("open" as const),
      path: fc.constantFrom(...PATHS),
      method: fc.constantFrom("GET", "POST", "HEAD", "CONNECT"),
      last: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("data" as const), at, size: fc.constantFrom(0, 1, 100, 16_384), last: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("trailers" as const, "reset" as const, "credit" as const, "priority" as const), at }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("window" as const), size: fc.constantFrom(0, 1, 65_535, 1_000_000) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("ping" as const, "turn" as const, "wait" as const) }) },
);

let backend: RawBackend;
let engine: TestEngine;
let side: HttpServerSide;
let port: number;

before(async () => {
  const answerer = answering((head) => ANSWERS[head.split(" ")[1] as string] ?? "");
  backend = await RawBackend.start((connection) => {
    const text = connection.received.toString("latin1");
    answerer(connection);
    if (text.includes(" /cut ") || text.includes(" /end ")) connection.socket.end();
  });
  engine = startEngine({ view: new StubView([endpoint(backend.port)]) });
  side = engine.outbound.upstream(DESTINATION);
  port = await engine.listen(side, (socket) => ({ ...plain(socket), alpn: "h2c" }));
});

after(async () => {
  await engine.close();
  await backend.close();
});

function framesOf(one: Step, ids: readonly number[], peer: Http2Peer): readonly Buffer[] {
  const id = "at" in one ? (ids.at(-1 - one.at) ?? 0) : 0;
  if ("at" in one && id === 0) return [];
  switch (one.do) {
    case "open": {
      const { method, path, last } = one;
      const head = [
        ":method",
        method,
        ":scheme",
        "http",
        ":authority",
        "api",
        ":path",
        path,
        ...(method === "CONNECT" ? [":protocol", "websocket"] : []),
      ];
      return [headers(peer.nextId(), head, last ? END_HEADERS | END_STREAM : END_HEADERS)];
    }
    case "data":
      return [frame(DATA, one.last ? END_STREAM : 0, id, Buffer.alloc(one.size))];
    case "trailers":
      return [headers(id, ["x-t", "1"])];
    case "reset":
      return [frame(RST_STREAM, 0, id, uint32(8))];
    case "credit":
      return [frame(WINDOW_UPDATE, 0, id, uint32(10_000))];
    case "priority":
      return [frame(PRIORITY, 0, id, Buffer.alloc(5))];
    case "window":
      return [settings(4, one.size)];
    default:
      return [frame(PING, 0, 0, "12345678")];
  }
}

test("random sequences of frames and answers", { timeout: 120_000 }, async () => {
  const { records } = engine.observer;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), fc.boolean(), async (steps, credit) => {
      records.length = 0;
      const peer = await Http2Peer.connect(port, { credit });
      const ids: number[] = [];
      for (const one of steps) {
        if (one.do === "turn") await turn();
        else if (one.do === "wait")
          await peer.until("an answer", ({ messages, closed }) => closed || messages.size > 0 || ids.length === 0, 20).catch(() => {});
        else {
          peer.send(...framesOf(one, ids, peer));
          if (one.do === "open") ids.push(ids.length * 2 + 1);
        }
      }
      peer.send(frame(PING, 0, 0, "the last"));
      const pings = steps.filter((one) => one.do === "ping").length + 1;
      await peer.until("everything read", ({ counts, closed, goaway }) => closed || goaway !== null || (counts[PING] ?? 0) >= pings);
      peer.close();
      await until("every request has ended", () => side.activeRequests === 0);
      await until("the connection is gone", () => side.openConnections === 0);
      // Each was told of once: never more ends than beginnings.
      const ended = new Set(records.map(({ requestId }) => requestId));
      assert.equal(ended.size, records.length);
      assert.ok(records.length <= ids.length);
    }),
    { numRuns: 250 },
  );
  assert.equal((await Http2Peer.connect(port)).closed, false);
});
