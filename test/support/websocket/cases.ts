/** What RFC 6455 promises two ends, section by section, to be kept with anything between them. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { WebSocket } from "ws";
import { waitFor } from "../mesh.ts";
import type { WebSocketApp } from "./server.ts";

export interface WebSocketCase {
  /** Of RFC 6455. */
  readonly section: string;
  readonly what: string;
  run(port: number, app: WebSocketApp): Promise<void>;
}

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
/** Either side of every form of the length field, and one that takes many reads. */
const LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536, 1_048_576];
const CODES = [1000, 1001, 1003, 1008, 1011, 1012, 3000, 4999];
let ids = 0;

/** `id` names the socket in {@link WebSocketApp.ends}. */
export async function openSocket(port: number, path: string, protocols: readonly string[] = []): Promise<WebSocket & { id: string }> {
  const id = String((ids += 1));
  const url = `ws://127.0.0.1:${port}${path}${path.includes("?") ? "&" : "?"}id=${id}`;
  const socket = Object.assign(new WebSocket(url, [...protocols], { handshakeTimeout: 10_000, perMessageDeflate: false }), { id });
  await once(socket, "open");
  return socket;
}

/** The next message, as bytes with its kind. */
async function messageOf(socket: WebSocket): Promise<{ readonly data: Buffer; readonly isBinary: boolean }> {
  const [data, isBinary] = await once(socket, "message");
  return { data: data as Buffer, isBinary: isBinary as boolean };
}

async function closed(socket: WebSocket): Promise<{ readonly code: number; readonly reason: string }> {
  const [code, reason] = await once(socket, "close");
  return { code, reason: reason.toString() };
}

/** Sends and expects the same back. */
export async function exchange(socket: WebSocket, data: string | Buffer): Promise<void> {
  const answer = messageOf(socket);
  socket.send(data);
  const { data: received, isBinary } = await answer;
  assert.equal(isBinary, typeof data !== "string");
  assert.ok(received.equals(Buffer.from(data)), `${received.length} bytes came back for ${data.length}`);
}

function endAtServer(app: WebSocketApp, id: string): Promise<{ readonly code: number; readonly reason: string }> {
  return waitFor(`the server to see socket ${id} end`, () => app.ends.get(id));
}

/** Status, headers and body of a handshake that is refused. */
function refused(port: number, path: string): Promise<{ status: number; authenticate: string; body: string }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    socket.on("error", reject);
    socket.on("unexpected-response", (_request, response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, authenticate: response.headers["www-authenticate"] ?? "", body }),
      );
    });
  });
}

export const WEBSOCKET_CASES: readonly WebSocketCase[] = [
  {
    section: "1.3",
    what: "a message that follows the handshake at once is not lost",
    async run(port) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/greet`);
      assert.equal((await messageOf(socket)).data.toString(), "welcome");
      socket.terminate();
    },
  },
  {
    section: "4.1",
    what: "the opening handshake: key, version, origin and own headers reach the server",
    async run(port, app) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`, {
        origin: "http://page.example",
        headers: { "x-own": "1", cookie: "a=b" },
      });
      await once(socket, "open");
      const { origin, "x-own": own, cookie, "sec-websocket-version": version, "sec-websocket-key": key } = app.handshake;
      assert.deepEqual({ origin, own, cookie, version }, { origin: "http://page.example", own: "1", cookie: "a=b", version: "13" });
      assert.equal(Buffer.from(key ?? "", "base64").length, 16);
      socket.terminate();
    },
  },
  {
    section: "4.2.2",
    what: "a refused handshake is an answer like any: 401 with its challenge, 404 with its body",
    async run(port) {
      assert.deepEqual(await refused(port, "/401"), { status: 401, authenticate: "Basic realm=sockets", body: "refused with 401" });
      assert.deepEqual(await refused(port, "/404"), { status: 404, authenticate: "", body: "refused with 404" });
    },
  },
  {
    section: "4.4",
    what: "a version the server does not speak: its answer names the ones it does",
    async run(port) {
      const call = request({
        host: "127.0.0.1",
        port,
        path: "/echo",
        headers: {
          connection: "Upgrade",
          upgrade: "websocket",
          "sec-websocket-version": "99",
          "sec-websocket-key": randomBytes(16).toString("base64"),
        },
      });
      call.end();
      const [response] = await once(call, "response");
      assert.equal(response.statusCode, 400);
      assert.match(response.headers["sec-websocket-version"], /\b13\b/);
      response.resume();
    },
  },
  {
    section: "1.9",
    what: "subprotocols: the one chosen comes back, none where none fits",
    async run(port) {
      const chosen = await openSocket(port, "/echo", ["chat.v1", "chat.v2"]);
      assert.equal(chosen.protocol, "chat.v2");
      chosen.terminate();
      const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`, ["chat.v9"]);
      const [error] = await once(socket, "error");
      assert.match(String(error), /no subprotocol/i);
    },
  },
  {
    section: "9.1",
    what: "an extension is negotiated, and its frames with their reserved bit pass",
    async run(port) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`, { perMessageDeflate: { threshold: 64 } });
      await once(socket, "open");
      assert.match(socket.extensions, /permessage-deflate/);
      await exchange(socket, "compress me ".repeat(10_000));
      socket.terminate();
    },
  },
  {
    section: "5.1",
    what: "masked bytes: every value, under many masks, comes back as it went",
    async run(port) {
      const socket = await openSocket(port, "/echo");
      for (let turn = 0; turn < 50; turn += 1) await exchange(socket, ALL_BYTES);
      await exchange(socket, randomBytes(200_000));
      socket.terminate();
    },
  },
  {
    section: "5.2",
    what: `lengths of each form: ${LENGTHS.join(", ")} bytes`,
    async run(port) {
      const socket = await openSocket(port, "/echo");
      for (const length of LENGTHS) await exchange(socket, Buffer.alloc(length, "length "));
      socket.terminate();
    },
  },
  {
    section: "5.4",
    what: "fragments, with a ping between them, are one message",
    async run(port) {
      const socket = await openSocket(port, "/echo");
      const answer = messageOf(socket);
      const pong = once(socket, "pong");
      socket.send("one, ", { fin: false });
      socket.ping("between");
      socket.send("", { fin: false });
      socket.send("two, ", { fin: false });
      socket.send("three", { fin: true });
      assert.equal(String((await pong)[0]), "between");
      assert.equal((await answer).data.toString(), "one, two, three");
      socket.terminate();
    },
  },
  {
    section: "5.5.1",
    what: "close frames: code and reason to the server, to the client, and none",
    async run(port, app) {
      const leaving = await openSocket(port, "/echo");
      leaving.close(4001, "had enough");
      assert.deepEqual(await closed(leaving), { code: 4001, reason: "had enough" });
      assert.deepEqual(await endAtServer(app, leaving.id), { code: 4001, reason: "had enough" });
      const sent = await openSocket(port, "/close?code=1013&reason=try%20later");
      assert.deepEqual(await closed(sent), { code: 1013, reason: "try later" });
      const silent = await openSocket(port, "/close");
      assert.deepEqual(await closed(silent), { code: 1005, reason: "" });
    },
  },
  {
    section: "5.5.2",
    what: "pings of the client and of the server are answered with their own data",
    async run(port, app) {
      const socket = await openSocket(port, "/pings");
      const pong = once(socket, "pong");
      socket.ping("still here");
      assert.equal(String((await pong)[0]), "still here");
      await waitFor("the client's pong", () => app.pongs.includes("are you there"));
      socket.terminate();
    },
  },
  {
    section: "5.5.3",
    what: "an unasked pong does no harm",
    async run(port, app) {
      const socket = await openSocket(port, "/echo");
      socket.pong("unasked");
      await exchange(socket, "after it");
      assert.ok(app.pongs.includes("unasked"));
      socket.terminate();
    },
  },
  {
    section: "5.6",
    what: "text is text and binary is binary; characters of several bytes stay whole",
    async run(port) {
      const socket = await openSocket(port, "/echo");
      await exchange(socket, "κόσμε ☺ 😈 ".repeat(3_000));
      await exchange(socket, Buffer.from("κόσμε"));
      await exchange(socket, "");
      socket.terminate();
    },
  },
  {
    section: "7.1.1",
    what: "each side of the connection ends by itself: an answer after the client's end arrives",
    async run(port) {
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      const said = "GET /late HTTP/1.1\r\nHost: sockets\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
      let text = "";
      socket.setEncoding("latin1").on("data", (chunk: string) => {
        text += chunk;
      });
      socket.write(said);
      await waitFor("101", () => text.includes("\r\n\r\n"));
      socket.end("my last words");
      await once(socket, "end");
      assert.match(text, /^HTTP\/1\.1 101 [^]*\r\n\r\nyou said my last words$/);
    },
  },
  {
    section: "7.1.5",
    what: "a connection that breaks is 1006 at the other end, whichever end it was",
    async run(port, app) {
      const breaking = await openSocket(port, "/echo");
      await exchange(breaking, "x");
      breaking.terminate();
      assert.equal((await endAtServer(app, breaking.id)).code, 1006);
      const broken = await openSocket(port, "/terminate");
      broken.on("error", () => {});
      const end = closed(broken);
      broken.send("go");
      assert.equal((await end).code, 1006);
    },
  },
  {
    section: "7.4",
    what: `codes of each range, both ways: ${CODES.join(", ")}`,
    async run(port, app) {
      for (const code of CODES) {
        const leaving = await openSocket(port, "/echo");
        leaving.close(code);
        assert.equal((await endAtServer(app, leaving.id)).code, code);
        assert.equal((await closed(await openSocket(port, `/close?code=${code}`))).code, code);
      }
    },
  },
  {
    section: "10.4",
    what: "100 sockets at once, each with its own messages, and one large message on each of ten",
    async run(port) {
      const sockets = await Promise.all(Array.from({ length: 100 }, () => openSocket(port, "/echo")));
      await Promise.all(
        sockets.map(async (socket, index) => {
          for (let turn = 0; turn < 10; turn += 1) await exchange(socket, `socket ${index}, message ${turn}`);
          if (index % 10 === 0) await exchange(socket, Buffer.alloc(500_000, index));
        }),
      );
      for (const socket of sockets) socket.close();
      await Promise.all(sockets.map((socket) => closed(socket)));
    },
  },
];
