/** Our client side against `node:http2`'s server (nghttp2). */
import assert from "node:assert/strict";
import { type Http2Server, createServer } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { after, before, test } from "node:test";
import { SIDE_CLIENT } from "../../../src/proxy/http2/codec/settings.ts";
import type { Http2Stream } from "../../../src/proxy/http2/codec/stream.ts";
import { DrivenSocket, Ignored } from "./drive-socket.ts";

let server: Http2Server;
let driver: DrivenSocket;

before(async () => {
  server = createServer({ settings: { enableConnectProtocol: true } });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    const path = headers[":path"] ?? "";
    if (headers[":method"] === "CONNECT") {
      stream.respond({ ":status": 200 });
      stream.pipe(stream);
    } else if (path.startsWith("/bytes/")) {
      stream.respond({ ":status": 200, "content-length": path.slice(7) });
      stream.end(Buffer.alloc(Number(path.slice(7)), "z"));
    } else if (path === "/echo") {
      stream.respond({ ":status": 200, "x-echo": headers["x-echo"] ?? "" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "x-after": "all" }));
      stream.pipe(stream);
    } else if (path === "/interim") {
      stream.additionalHeaders({ ":status": 103, link: "</a>" });
      stream.respond({ ":status": 204 }, { endStream: true });
    } else if (path === "/reset") {
      stream.close(11);
    } else {
      stream.respond({ ":status": 404 });
      stream.end("nothing here");
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  driver = new DrivenSocket(socket, SIDE_CLIENT);
});

after(async () => {
  driver.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

class Exchange extends Ignored {
  readonly done: Promise<Exchange>;
  readonly #body: Buffer;
  readonly #stream: Http2Stream;
  #at = 0;
  #finish: (exchange: Exchange) => void = () => {};
  status = 0;
  interims: number[] = [];
  fields: readonly string[] = [];
  trailers: readonly string[] | null = null;
  received: Buffer[] = [];
  error = -1;

  constructor(list: readonly string[], body: Buffer | null = null) {
    super();
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#body = body ?? Buffer.alloc(0);
    const stream = driver.connection.request(this, list, body === null);
    assert.ok(stream);
    this.#stream = stream;
    if (body !== null) this.writable(stream);
    driver.flush();
  }

  override interim(stream: Http2Stream): void {
    this.interims.push(stream.status);
  }
  override head(stream: Http2Stream, last: boolean): void {
    this.status = stream.status;
    this.fields = stream.fields;
    if (last) this.#finish(this);
  }
  override data(stream: Http2Stream, bytes: Buffer, start: number, end: number): void {
    this.received.push(Buffer.from(bytes.subarray(start, end)));
    driver.connection.consume(stream, end - start);
  }
  override end(_stream: Http2Stream, trailers: readonly string[] | null): void {
    this.trailers = trailers;
    this.#finish(this);
  }
  override reset(_stream: Http2Stream, error: number): void {
    this.error = error;
    this.#finish(this);
  }
  override writable(stream: Http2Stream): void {
    this.#at += driver.connection.sendData(stream, this.#body, this.#at, this.#body.length, true);
  }
  get stream(): Http2Stream {
    return this.#stream;
  }
  get body(): Buffer {
    return Buffer.concat(this.received);
  }
}

const head = (path: string, method = "GET", ...more: string[]): string[] => [
  ":method",
  method,
  ":scheme",
  "http",
  ":authority",
  "api",
  ":path",
  path,
  ...more,
];

test("a request and its response", async () => {
  const { status, body } = await new Exchange(head("/")).done;
  assert.equal(status, 404);
  assert.equal(body.toString(), "nothing here");
});

test("bodies of many windows, both ways, with trailers", async () => {
  for (const size of [0, 1, 65_535, 65_536, 3_000_001]) {
    assert.equal((await new Exchange(head(`/bytes/${size}`)).done).body.length, size);
    const body = Buffer.alloc(size, "there and back ");
    const echo = await new Exchange(head("/echo", "POST", "x-echo", "y"), body).done;
    assert.ok(echo.body.equals(body));
    assert.deepEqual(echo.trailers, ["x-after", "all"]);
    assert.ok(echo.fields.includes("x-echo"));
  }
});

test("interim, 204, reset", async () => {
  const { interims, status } = await new Exchange(head("/interim")).done;
  assert.deepEqual([interims, status], [[103], 204]);
  assert.equal((await new Exchange(head("/reset")).done).error, 11);
});

test("90 requests at a time, 2,000 in all", async () => {
  let left = 2_000;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const text = `body ${left}`;
      assert.equal((await new Exchange(head("/echo", "POST", "x-echo", text), Buffer.from(text)).done).body.toString(), text);
    }
  };
  await Promise.all(Array.from({ length: 90 }, worker));
});

test("extended CONNECT (RFC 8441) once the server has offered it", async () => {
  assert.equal(driver.connection.peer.connectProtocol, true);
  const list = [":method", "CONNECT", ":protocol", "websocket", ":scheme", "http", ":authority", "a", ":path", "/chat"];
  assert.equal((await new Exchange(list, Buffer.from("frames")).done).body.toString(), "frames");
});

test("PING and graceful end", async () => {
  driver.connection.ping(performance.now());
  const last = new Exchange(head("/bytes/1000000"));
  driver.connection.shutdown(performance.now());
  driver.flush();
  assert.equal((await last.done).body.length, 1_000_000);
  assert.equal(driver.pongs, 1);
  assert.equal(driver.connection.drained, true);
});
