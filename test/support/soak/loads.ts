/** The kinds of traffic of a soak: each turn is checked whole, some are broken off on purpose. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect as connectHttp2, constants } from "node:http2";
import { connect as connectTcp } from "node:net";
import type { Readable } from "node:stream";
import { INTEROP_CASES, type InteropClients } from "../grpc/interop-cases.ts";
import { testClient, unimplementedClient } from "../grpc/service.ts";
import { exchange, openSocket } from "../websocket/cases.ts";
import type { Load } from "./worker.ts";

const BODY = Buffer.alloc(20_000, "soaked ");
const SIZES = [1, 1_000, 20_000, 150_000];
/** One turn in so many is broken off by its client. */
const CANCEL_EVERY = 17;
const LIMIT_MS = 20_000;

const sizeOf = (turn: number): number => SIZES[turn % SIZES.length] as number;
const cancels = (turn: number): boolean => turn % CANCEL_EVERY === CANCEL_EVERY - 1;

export function http1Load(kind: string, port: number): Load {
  return {
    kind,
    workers: 4,
    pauseMs: 40,
    turnsPerConnection: 60,
    async connect() {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const call = (method: string, path: string, body?: Buffer): ReturnType<typeof request> => {
        const made = request({ host: "127.0.0.1", port, method, path, agent, timeout: LIMIT_MS, headers: { host: "soak" } });
        made.on("timeout", () => made.destroy(new Error(`no answer to ${method} ${path}`)));
        made.end(body);
        return made;
      };
      return {
        async turn(turn) {
          if (cancels(turn)) {
            const made = call("GET", "/bytes/5000000");
            const [response] = (await once(made, "response")) as [IncomingMessage];
            response.on("error", () => {});
            made.on("error", () => {});
            made.destroy();
            return "cancelled";
          }
          const posts = turn % 3 === 0;
          const [response] = (await once(posts ? call("POST", "/echo", BODY) : call("GET", `/bytes/${sizeOf(turn)}`), "response")) as [
            IncomingMessage,
          ];
          assert.equal(response.statusCode, 200, String(response.headers["x-meshctl-reason"]));
          assert.equal(await lengthOf(response), posts ? BODY.length : sizeOf(turn));
          return "done";
        },
        close: () => agent.destroy(),
      };
    },
  };
}

export function http2Load(kind: string, port: number): Load {
  return {
    kind,
    workers: 4,
    pauseMs: 40,
    turnsPerConnection: 150,
    async connect() {
      const session = connectHttp2(`http://127.0.0.1:${port}`);
      await once(session, "connect");
      session.on("error", () => {});
      return {
        async turn(turn) {
          const cancelled = cancels(turn);
          const posts = turn % 3 === 0 && !cancelled;
          const path = posts ? "/echo" : `/bytes/${cancelled ? 5_000_000 : sizeOf(turn)}`;
          const stream = session.request({ ":path": path, ":method": posts ? "POST" : "GET" }, { endStream: !posts });
          stream.setTimeout(LIMIT_MS, () => stream.destroy(new Error(`no answer to ${path}`)));
          if (posts) stream.end(BODY);
          const [headers] = await once(stream, "response");
          assert.equal(headers[":status"], 200, String(headers["x-meshctl-reason"]));
          if (cancelled) {
            stream.on("error", () => {});
            stream.close(constants.NGHTTP2_CANCEL);
            return "cancelled";
          }
          assert.equal(await lengthOf(stream), posts ? BODY.length : sizeOf(turn));
          return "done";
        },
        close: () => session.close(),
      };
    },
  };
}

/** The interoperability cases one after the other; those that cancel do so themselves. */
export function grpcLoad(kind: string, port: number): Load {
  const cases = Object.entries(INTEROP_CASES);
  return {
    kind,
    workers: 3,
    pauseMs: 50,
    turnsPerConnection: 280,
    async connect() {
      const clients = { test: testClient(port), unimplemented: unimplementedClient(port) };
      return {
        async turn(turn) {
          const [name, run] = cases[turn % cases.length] as [string, (clients: InteropClients) => Promise<void>];
          await run(clients).catch((error: unknown) => {
            throw new Error(`${name}: ${String(error)}`, { cause: error });
          });
          return /^cancel|^timeout/.test(name) ? "cancelled" : "done";
        },
        close() {
          clients.test.close();
          clients.unimplemented.close();
        },
      };
    },
  };
}

export function tcpLoad(kind: string, port: number): Load {
  return {
    kind,
    workers: 3,
    pauseMs: 40,
    turnsPerConnection: 25,
    async connect() {
      const socket = connectTcp(port, "127.0.0.1");
      let broken: Error | undefined;
      let received = 0;
      socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error("no answer")));
      socket.on("error", (error) => (broken = error));
      socket.on("data", (part: Buffer) => {
        received += part.length;
        socket.emit("counted");
      });
      socket.on("close", () => socket.emit("counted"));
      await once(socket, "connect");
      return {
        async turn(turn) {
          const size = sizeOf(turn);
          received = 0;
          socket.write(Buffer.alloc(size, "x"));
          while (received < size && !socket.destroyed) await once(socket, "counted");
          assert.equal(received, size, broken?.message ?? "closed");
          return "done";
        },
        // One connection in three goes without a word.
        close: () => (received % 3 === 0 ? socket.resetAndDestroy() : socket.end()),
      };
    },
  };
}

export function webSocketLoad(kind: string, port: number): Load {
  return {
    kind,
    workers: 3,
    pauseMs: 60,
    turnsPerConnection: 40,
    async connect() {
      const socket = await openSocket(port, "/echo");
      let broken: Error | undefined;
      socket.on("error", (error) => (broken = error));
      let turns = 0;
      const ended = once(socket, "close").then(() => {
        throw broken ?? new Error("the socket closed");
      });
      ended.catch(() => {});
      return {
        async turn(turn) {
          turns = turn;
          await Promise.race([exchange(socket, turn % 2 === 0 ? "text ".repeat(200) : Buffer.alloc(sizeOf(turn), turn)), ended]);
          return "done";
        },
        close: () => (turns % 3 === 0 ? socket.terminate() : socket.close(1000)),
      };
    },
  };
}

function lengthOf(from: Readable): Promise<number> {
  return new Promise((resolve, reject) => {
    let length = 0;
    from.on("data", (part: Buffer) => {
      length += part.length;
    });
    from.on("end", () => resolve(length));
    from.on("error", reject);
    from.on("close", () => reject(new Error(`broken off after ${length} bytes`)));
  });
}
