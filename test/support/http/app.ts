/** One application in HTTP/1.1 and in HTTP/2 with prior knowledge (node:http, node:http2): the same answers, counted. */
import { createServer as createHttp1, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from "node:http2";
import type { Server, Socket } from "node:net";

type Incoming = Pick<IncomingMessage | Http2ServerRequest, "method" | "url" | "headers" | "rawHeaders" | "httpVersion" | "resume" | "on">;
type Outgoing = ServerResponse;

const FILLER = Buffer.alloc(64 * 1_024, "0123456789abcdef");

/**
 * `/bytes/N` sends N bytes; `/echo` gives the body back, then trailers; `/seen` tells the head as JSON; `/early` says 103 first; `/cookies`
 * sets two; `/status/N` answers that; `/no` refuses an Expect with 413. Anything else: 200 with a small body.
 */
export class HttpApp {
  readonly #server: Server;
  readonly #open = new Set<Socket | ServerHttp2Session>();
  readonly version: 1 | 2;
  requests = 0;
  /** Bytes of bodies that came to the latest request that had one. */
  received = 0;

  constructor(version: 1 | 2) {
    this.version = version;
    const answer = (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void =>
      // The compatibility API of node:http2 is the same at run time for all that is used here.
      this.#answer(request, response as Outgoing);
    const doubt = (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void => {
      if (request.url === "/no") {
        this.requests += 1;
        request.resume();
        response.writeHead(413, { "content-length": 3 }).end("no\n");
        return;
      }
      response.writeContinue();
      answer(request, response);
    };
    this.#server =
      version === 1
        ? createHttp1(answer).on("checkContinue", doubt).on("connection", this.#keep.bind(this))
        : createHttp2(answer).on("checkContinue", doubt).on("session", this.#keep.bind(this));
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
  }

  close(): void {
    this.#server.close();
    for (const connection of this.#open) connection.destroy();
  }

  #keep(connection: Socket | ServerHttp2Session): void {
    this.#open.add(connection);
    connection.on("error", () => {});
    connection.on("close", () => this.#open.delete(connection));
  }

  #answer(request: Incoming, response: Outgoing): void {
    this.requests += 1;
    const path = request.url ?? "/";
    const [, word = "", argument = ""] = (path.split("?")[0] ?? "").split("/");
    if (word === "echo") {
      this.received = 0;
      response.writeHead(200, { "content-type": "application/octet-stream", trailer: "x-length" });
      request.on("data", (chunk: Buffer) => {
        this.received += chunk.length;
        response.write(chunk);
      });
      request.on("end", () => {
        response.addTrailers({ "x-length": String(this.received) });
        response.end();
      });
      return;
    }
    request.resume();
    if (word === "bytes") sendBytes(response, Number(argument), request.method === "HEAD");
    else if (word === "seen") {
      const { method, headers, rawHeaders, httpVersion } = request;
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ method, path, httpVersion, headers: { ...headers }, lines: rawHeaders.length / 2 }));
    } else if (word === "early") {
      response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
      response.writeHead(200, { "content-length": 6 }).end("after\n");
    } else if (word === "cookies") response.writeHead(200, { "set-cookie": ["a=1; Path=/", "b=2; HttpOnly"], "content-length": 0 }).end();
    else if (word === "status") response.writeHead(Number(argument), argument === "304" ? { etag: '"v1"' } : {}).end();
    else response.writeHead(200, { "content-length": 6 }).end("hello\n");
  }
}

function sendBytes(response: Outgoing, count: number, headOnly: boolean): void {
  response.writeHead(200, { "content-length": count });
  if (headOnly) return void response.end();
  let left = count;
  const more = (): void => {
    while (left > 0) {
      const part = FILLER.subarray(0, Math.min(left, FILLER.length));
      left -= part.length;
      if (!response.write(part) && left > 0) return void response.once("drain", more);
    }
    response.end();
  };
  more();
}
