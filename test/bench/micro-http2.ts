/** A client and a server connection joined by their outputs: whole requests, 32 in a batch as a busy turn has them. */
import { type Http2Connection, createHttp2Connection } from "../../src/proxy/http2/codec/connection.ts";
import type { ConnectionHandler } from "../../src/proxy/http2/codec/handler.ts";
import { MESH_LIMITS } from "../../src/proxy/http2/codec/limits.ts";
import { SIDE_CLIENT, SIDE_SERVER } from "../../src/proxy/http2/codec/settings.ts";
import type { Http2Stream, StreamHandler } from "../../src/proxy/http2/codec/stream.ts";
import { micro } from "./micro.ts";

const BATCH = 32;
const ids = Array.from({ length: 64 }, (_, at) => `7b1f4c1e-9c3a-4a52-8d0e-3f5b6c7d8e${String(at).padStart(2, "0")}`);
const body = Buffer.alloc(64 * 1_024, "x");
let bodyBytes = 82;
let answered = 0;
let client: Http2Connection;
let server: Http2Connection;

const connectionEvents = {
  settings: () => {},
  goaway: () => {},
  pong: () => {},
  streamEnded: () => {},
  failed: ({ code }: { code: string }) => {
    throw new Error(code);
  },
};

class Ask implements StreamHandler {
  interim(): void {}
  oversized(): void {}
  head(): void {}
  data(stream: Http2Stream, _bytes: Buffer, start: number, end: number): void {
    client.consume(stream, end - start);
  }
  end(): void {
    answered += 1;
  }
  reset(): void {
    throw new Error("reset");
  }
  writable(): void {}
}

class Answer implements StreamHandler {
  #at = 0;
  interim(): void {}
  oversized(): void {}
  head(stream: Http2Stream): void {
    server.beginHead(stream);
    server.field(":status", "200");
    server.field("content-type", "text/plain");
    server.field("content-length", bodyBytes === 82 ? "82" : "65536");
    server.field("date", "Sat, 21 Nov 2026 04:05:26 GMT");
    server.endHead(false);
    this.writable(stream);
  }
  data(): void {}
  end(): void {}
  reset(): void {
    throw new Error("reset");
  }
  writable(stream: Http2Stream): void {
    this.#at += server.sendData(stream, body, this.#at, bodyBytes, true);
  }
}

const ask = new Ask();

function open(): void {
  const limits = { ...MESH_LIMITS, windowUpdatesPerSecond: 1e9, settingsTimeoutMs: 1e12, streamWindow: 1_024 * 1_024 };
  const accepting: ConnectionHandler = { ...connectionEvents, accept: () => new Answer() };
  client = createHttp2Connection({ side: SIDE_CLIENT, limits, handler: accepting, nowMs: 0 });
  server = createHttp2Connection({ side: SIDE_SERVER, limits, handler: accepting, nowMs: 0 });
  settle();
}

/** Until nobody has anything to say: one turn each way and back. */
function settle(): void {
  for (;;) {
    const up = client.takeOutput();
    if (up !== null) {
      server.receive(up, 0, up.length, 0);
      client.recycle(up);
    }
    server.transportReady();
    const down = server.takeOutput();
    if (down !== null) {
      client.receive(down, 0, down.length, 0);
      server.recycle(down);
    }
    if (up === null && down === null) return;
  }
}

function batch(index: number): number {
  for (let at = 0; at < BATCH; at += 1) {
    const stream = client.openStream(ask);
    if (stream === null) throw new Error("no stream");
    client.field(":method", "GET");
    client.field(":scheme", "http");
    client.field(":authority", "api:8080");
    client.field(":path", "/api/v1/items");
    client.field("user-agent", "Mozilla/5.0 (X11; Linux x86_64) test/1.0");
    client.field("accept", "application/json");
    client.field("x-request-id", ids[(index + at) & 63] as string);
    client.endHead(true);
  }
  settle();
  return answered;
}

open();
micro(`${BATCH} requests with an 82-byte answer, both sides`, batch, 5_000);
bodyBytes = 64 * 1_024;
micro(`${BATCH} requests with a 64 KiB answer, both sides`, batch, 200);
