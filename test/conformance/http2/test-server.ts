/** A server made of the codec for other people's clients. */
import { type AddressInfo, type Server, createServer } from "node:net";
import type { Http2Limits } from "../../../src/proxy/http2/codec/limits.ts";
import { SIDE_SERVER } from "../../../src/proxy/http2/codec/settings.ts";
import type { Http2Stream } from "../../../src/proxy/http2/codec/stream.ts";
import { DrivenSocket, Ignored } from "./drive-socket.ts";

export interface TestServer {
  readonly port: number;
  readonly connections: readonly DrivenSocket[];
  close(): Promise<void>;
}

const FILLER = Buffer.alloc(64 * 1_024, "0123456789abcdef");

/**
 * `/echo` gives back body and trailers, `/bytes/N` sends N bytes, `/interim` says 103 first, `/trailers` ends in some,
 * `/reset` and `/refuse` reset,
 * `/grpc.*` echoes as a gRPC method, anything else is 200 with a small body. CONNECT echoes.
 */
class Answer extends Ignored {
  readonly #driver: DrivenSocket;
  #left = 0;
  #echo: Buffer[] = [];
  #echoing = false;
  #ended = false;
  #trailers: readonly string[] | null = null;

  constructor(driver: DrivenSocket) {
    super();
    this.#driver = driver;
  }

  override head(stream: Http2Stream, last: boolean): void {
    const { connection } = this.#driver;
    const { path } = stream;
    if (path === "/echo" || stream.method === "CONNECT") {
      this.#echoing = true;
      this.#ended = last;
      connection.sendHead(
        stream,
        [":status", "200", "x-method", stream.method, ...stream.fields.filter((_, at) => isNamed(stream.fields, at, "x-echo"))],
        last,
      );
    } else if (path.startsWith("/grpc.")) {
      this.#echoing = true;
      this.#trailers = ["grpc-status", "0", "x-deadline", stream.fields[stream.fields.indexOf("grpc-timeout") + 1] ?? ""];
      connection.sendHead(stream, [":status", "200", "content-type", "application/grpc"], false);
    } else if (path.startsWith("/bytes/")) {
      this.#left = Number(path.slice(7));
      connection.sendHead(stream, [":status", "200", "content-length", String(this.#left)], this.#left === 0 || stream.method === "HEAD");
      if (stream.method !== "HEAD") this.writable(stream);
    } else if (path === "/reset") {
      connection.reset(stream, 2);
    } else if (path === "/refuse") {
      connection.reset(stream, 7);
    } else {
      if (path === "/interim") connection.sendHead(stream, [":status", "103", "link", "</style.css>; rel=preload"], false);
      connection.sendHead(stream, [":status", "200", "content-type", "text/plain"], false);
      connection.sendData(stream, FILLER, 0, 16, path !== "/trailers");
      if (path === "/trailers") connection.sendHead(stream, ["grpc-status", "0", "grpc-message", "fine"], true);
    }
  }

  override oversized(stream: Http2Stream): void {
    this.#driver.connection.sendHead(stream, [":status", "431"], true);
    this.#driver.connection.reset(stream, 0);
  }

  override data(stream: Http2Stream, bytes: Buffer, start: number, end: number): void {
    if (this.#echoing) {
      this.#echo.push(Buffer.from(bytes.subarray(start, end)));
      this.writable(stream);
    } else {
      this.#driver.connection.consume(stream, end - start);
    }
  }

  override end(stream: Http2Stream, trailers: readonly string[] | null): void {
    this.#ended = true;
    this.#trailers ??= trailers;
    if (this.#echoing) this.writable(stream);
  }

  override writable(stream: Http2Stream): void {
    const { connection } = this.#driver;
    while (this.#left > 0) {
      const wanted = Math.min(this.#left, FILLER.length);
      const taken = connection.sendData(stream, FILLER, 0, wanted, wanted === this.#left);
      this.#left -= taken;
      if (taken < wanted) return;
    }
    for (let first = this.#echo[0]; first !== undefined; first = this.#echo[0]) {
      const taken = connection.sendData(stream, first, 0, first.length, false);
      connection.consume(stream, taken);
      if (taken < first.length) {
        this.#echo[0] = first.subarray(taken);
        return;
      }
      this.#echo.shift();
    }
    if (!this.#echoing || !this.#ended) return;
    if (this.#trailers === null) connection.sendData(stream, FILLER, 0, 0, true);
    else connection.sendHead(stream, this.#trailers, true);
  }
}

function isNamed(fields: readonly string[], at: number, name: string): boolean {
  return fields[at % 2 === 0 ? at : at - 1] === name;
}

export async function startTestServer(limits: Partial<Http2Limits> = {}): Promise<TestServer> {
  const connections: DrivenSocket[] = [];
  const server: Server = createServer((socket) => {
    const driver = new DrivenSocket(socket, SIDE_SERVER, limits);
    driver.onRequest = () => new Answer(driver);
    connections.push(driver);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    close: () =>
      new Promise((resolve) => {
        for (const driver of connections) driver.close();
        server.close(() => resolve());
      }),
  };
}
