/** Bodies of any size that nobody keeps: generated while they are sent, and only their digest remembered at the other end. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttp1, type IncomingMessage, request as requestHttp1, type ServerResponse } from "node:http";
import { connect as connectHttp2, createServer as createHttp2, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { Server } from "node:net";
import type { Readable, Writable } from "node:stream";

const PART = 64 * 1_024;
const parts = randomBytes(PART * 16);

/** Sends `size` bytes, no faster than they go; gives their digest. Every part differs from its neighbours. */
export async function generate(to: Writable, size: number): Promise<string> {
  const digest = createHash("sha256");
  for (let sent = 0, turn = 0; sent < size; turn += 1) {
    const start = (turn % 16) * PART;
    const part = parts.subarray(start, start + Math.min(PART, size - sent));
    digest.update(part);
    sent += part.length;
    if (!to.write(part)) await once(to, "drain");
  }
  to.end();
  return digest.digest("hex");
}

export async function digestOf(from: Readable): Promise<string> {
  const digest = createHash("sha256");
  from.on("data", (part: Buffer) => digest.update(part));
  await once(from, "end");
  return digest.digest("hex");
}

type Incoming = IncomingMessage | Http2ServerRequest;
type Outgoing = ServerResponse | Http2ServerResponse;

/** POST: answers with the digest of what came. GET `/N`: N bytes, their digest in {@link sent} afterwards. */
export class BodyApp {
  readonly #server: Server;
  sent = "";

  constructor(version: 1 | 2) {
    const answer = (request: Incoming, response: Outgoing): void => {
      // The compatibility API of node:http2 is the same at run time for what is used here.
      void this.#answer(request, response as ServerResponse).catch(() => response.destroy());
    };
    this.#server = version === 1 ? createHttp1(answer) : createHttp2(answer);
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
  }

  close(): void {
    this.#server.close();
  }

  async #answer(request: Incoming, response: ServerResponse): Promise<void> {
    if (request.method === "POST") response.end(await digestOf(request));
    else this.sent = await generate(response, Number(request.url?.slice(1)));
  }
}

export interface BodyClient {
  /** Digests of what was sent and of what the application says came. */
  up(size: number): Promise<readonly [sent: string, came: string]>;
  /** Digest of what came. */
  down(size: number): Promise<string>;
  close(): void;
}

export function http1Client(port: number): BodyClient {
  const call = (method: string, path: string): ReturnType<typeof requestHttp1> =>
    requestHttp1({ host: "127.0.0.1", port, method, path, agent: false });
  return {
    async up(size) {
      const request = call("POST", "/");
      const answered = once(request, "response");
      const sent = await generate(request, size);
      return [sent, await textOf((await answered)[0])];
    },
    async down(size) {
      const request = call("GET", `/${size}`);
      request.end();
      return digestOf((await once(request, "response"))[0]);
    },
    close() {},
  };
}

export function http2Client(port: number): BodyClient {
  const session = connectHttp2(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: 1_048_576 } });
  // The mesh may be gone before the session is.
  session.on("error", () => {});
  return {
    async up(size) {
      const stream = session.request({ ":method": "POST", ":path": "/" });
      const text = textOf(stream);
      return [await generate(stream, size), await text];
    },
    down(size) {
      const stream = session.request({ ":path": `/${size}` });
      stream.end();
      return digestOf(stream);
    },
    close: () => session.destroy(),
  };
}

async function textOf(from: Readable): Promise<string> {
  let text = "";
  for await (const part of from) text += String(part);
  return text;
}
