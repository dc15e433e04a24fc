import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttp, get, type IncomingMessage } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2, createServer as createHttp2, type Http2ServerResponse } from "node:http2";
import { connect, createServer, type Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { test } from "node:test";
import { digestOf, generate } from "../support/http/bodies.ts";
import { fetchOnce } from "../support/load.ts";
import { startMesh, waitFor } from "../support/mesh.ts";
import { type PairService, startPair } from "../support/pair.ts";
import { MemoryWatch } from "../support/process-memory.ts";

const MIB = 1_024 * 1_024;
const BIG = 100 * MIB;
/** V8 lets read buffers that are done with lie until there are many: what stalls is measured after that. */
const WARM = 48 * MIB;
const MAY_GROW = 8 * MIB;
/** A writer that has not moved for this long stands still. */
const STILL_MS = 300;

/** What a big answer's sender has done so far. */
interface Sending {
  written(): number;
  readonly digest: Promise<string>;
}

let sending: Sending | undefined;

function sendBig(to: Writable, socket: Pick<Socket, "bytesWritten">): void {
  // The connection may have carried others before.
  const before = socket.bytesWritten;
  const digest = generate(to, BIG);
  digest.catch(() => {});
  sending = { written: () => socket.bytesWritten - before, digest };
}

const open = (port: number): Socket => connect({ port, host: "127.0.0.1", allowHalfOpen: true });

function tcp(name: string, serve: (socket: Socket) => void): PairService {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    serve(socket);
  }).unref();
  return { name, protocol: "tcp", listen: (port) => once(server.listen(port, "127.0.0.1"), "listening") };
}

test("streams through two sidecars: half-close, who speaks first, readers that stall", { timeout: 120_000 }, async (t) => {
  const mesh = await startMesh(t);
  const heard: string[] = [];
  const classic = createHttp((request, response) => {
    if (request.url === "/warm") void generate(response, WARM);
    else if (request.url === "/big") sendBig(response, response.socket as Socket);
    else response.end("small");
  });
  const modern = createHttp2((request, response: Http2ServerResponse) => {
    if (request.url === "/warm") void generate(response as unknown as Writable, WARM);
    else if (request.url === "/big") sendBig(response as unknown as Writable, response.stream.session?.socket as Socket);
    else response.end("small");
  });
  t.after(() => {
    classic.close();
    modern.close();
  });
  const pair = await startPair(mesh, [
    tcp("late", async (socket) => {
      const text = await textOf(socket);
      socket.end(`you said ${text}`);
    }),
    tcp("early", async (socket) => {
      socket.end("all I have to say");
      heard.push(await textOf(socket));
    }),
    tcp("greeter", (socket) => {
      socket.write("220 ready\r\n");
      socket.pipe(socket);
    }),
    // Not at once: readiness probes connect too.
    tcp("source", (socket) => socket.once("data", () => sendBig(socket, socket))),
    tcp("echo", (socket) => socket.pipe(socket)),
    { name: "classic", protocol: "http", listen: (port) => once(classic.listen(port, "127.0.0.1"), "listening") },
    { name: "modern", protocol: "http2", listen: (port) => once(modern.listen(port, "127.0.0.1"), "listening") },
  ]);

  await t.test("a client that has ended its side gets its answer", async () => {
    const socket = open(pair.port("late"));
    socket.end("goodbye");
    assert.equal(await textOf(socket), "you said goodbye");
  });

  await t.test("a server that has ended its side still hears its client", async () => {
    const socket = open(pair.port("early"));
    assert.equal(await textOf(socket), "all I have to say");
    socket.write("I have ");
    socket.end("more");
    await waitFor("the server to hear it", () => heard.includes("I have more"));
  });

  await t.test("a server that speaks first is heard before the client says anything", async () => {
    const socket = open(pair.port("greeter"));
    assert.equal(String((await once(socket, "data"))[0]), "220 ready\r\n");
    const answer = once(socket, "data");
    socket.write("EHLO");
    assert.equal(String((await answer)[0]), "EHLO");
    socket.destroy();
  });

  const neighbour = new Neighbour(pair.port("echo"), pair.port("classic"), pair.port("modern"));
  t.after(() => neighbour.close());
  await neighbour.rounds(200);
  const [classicWarm] = (await once(get({ host: "127.0.0.1", port: pair.port("classic"), path: "/warm", agent: false }), "response")) as [
    IncomingMessage,
  ];
  await digestOf(classicWarm);
  await digestOf(neighbour.session.request({ ":path": "/warm" }).end());

  const STALLED: Readonly<Record<string, () => Promise<{ readonly reader: Readable; end(): void }>>> = {
    async "opaque TCP"() {
      const reader = open(pair.port("source"));
      reader.write("go");
      return { reader, end: () => reader.destroy() };
    },
    async "an HTTP/1.1 answer"() {
      const call = get({ host: "127.0.0.1", port: pair.port("classic"), path: "/big", agent: false });
      const [reader] = (await once(call, "response")) as [IncomingMessage];
      return { reader, end: () => call.destroy() };
    },
    async "an HTTP/2 stream, its neighbours on the same connection"() {
      const stream = neighbour.session.request({ ":path": "/big" });
      stream.end();
      await once(stream, "response");
      return { reader: stream, end: () => stream.destroy() };
    },
  };
  for (const [what, start] of Object.entries(STALLED)) {
    await t.test(`${what}: 100 MiB and a reader that stalls`, async (t) => {
      sending = undefined;
      const watch = new MemoryWatch(pair.proxyPids);
      const { reader, end } = await start();
      reader.pause();
      const stoodAt = await standstill();
      await neighbour.rounds(200);
      const grown = watch.stop();
      t.diagnostic(
        `stalled with ${(stoodAt / MIB).toFixed(1)} MiB sent; memory grew by ${grown.map((bytes) => (bytes / MIB).toFixed(1)).join(" and ")} MiB`,
      );
      assert.ok(stoodAt < BIG / 2, `${stoodAt} bytes were taken`);
      assert.ok(Math.max(...grown) < MAY_GROW, `${grown} bytes`);
      const came = digestOf(reader);
      reader.resume();
      assert.equal(await came, await (sending as Sending | undefined)?.digest);
      end();
    });
  }
});

/** Bytes the sender had got rid of when it stopped moving. */
function standstill(): Promise<number> {
  let last = -1;
  let since = performance.now();
  return waitFor("the sender to stand still", () => {
    const now = sending?.written() ?? -1;
    if (now !== last) {
      last = now;
      since = performance.now();
    }
    return now > 0 && performance.now() - since > STILL_MS ? now : null;
  });
}

/** Others' traffic on the same proxies: TCP, HTTP/1.1, HTTP/2. */
class Neighbour {
  readonly session: ClientHttp2Session;
  readonly #echo: Socket;
  readonly #classic: number;

  constructor(echo: number, classic: number, modern: number) {
    this.#echo = open(echo);
    this.#classic = classic;
    this.session = connectHttp2(`http://127.0.0.1:${modern}`);
    this.session.on("error", () => {});
    this.#echo.on("error", () => {});
  }

  /** Each round is answered in full, or this throws. */
  async rounds(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn += 1) {
      const back = once(this.#echo, "data");
      this.#echo.write(`round ${turn}`);
      assert.equal(String((await back)[0]), `round ${turn}`);
      if (turn % 10 !== 0) continue;
      assert.equal((await fetchOnce({ port: this.#classic, headers: { host: "classic" } })).body, "small");
      const stream = this.session.request({ ":path": "/" });
      stream.end();
      assert.equal(await textOf(stream), "small");
    }
  }

  close(): void {
    this.#echo.destroy();
    this.session.destroy();
  }
}

async function textOf(from: Readable): Promise<string> {
  let text = "";
  from.on("data", (part: Buffer) => {
    text += part.toString();
  });
  await once(from, "end");
  return text;
}
