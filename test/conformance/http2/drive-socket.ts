/** The owner of a connection, as small as it can be: one socket, one flush for each piece that is read. */
import type { Socket } from "node:net";
import { type Http2Connection, createHttp2Connection } from "../../../src/proxy/http2/codec/connection.ts";
import type { ConnectionHandler } from "../../../src/proxy/http2/codec/handler.ts";
import { APP_LIMITS, type Http2Limits } from "../../../src/proxy/http2/codec/limits.ts";
import type { Side } from "../../../src/proxy/http2/codec/settings.ts";
import type { Http2Stream, StreamHandler } from "../../../src/proxy/http2/codec/stream.ts";

/** Above this many bytes in the socket nothing more is taken from the connection until it has drained. */
const SOCKET_BYTES = 256 * 1_024;

export class DrivenSocket implements ConnectionHandler {
  readonly connection: Http2Connection;
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  onRequest: (stream: Http2Stream) => StreamHandler = () => new Ignored();
  /** Error code and failure code of the end, empty while it lives. */
  failure = "";
  goaways: string[] = [];
  pongs = 0;

  constructor(socket: Socket, side: Side, limits: Partial<Http2Limits> = {}) {
    this.#socket = socket;
    this.connection = createHttp2Connection({ side, limits: { ...APP_LIMITS, ...limits }, handler: this, nowMs: performance.now() });
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.connection.receive(chunk, 0, chunk.length, performance.now());
      this.flush();
    });
    socket.on("drain", () => {
      this.connection.transportReady();
      this.flush();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearInterval(this.#timer);
      this.connection.transportClosed();
    });
    this.#timer = setInterval(() => {
      this.connection.tick(performance.now());
      this.flush();
    }, 100);
    this.flush();
  }

  /** Writes what there is, for as long as the socket takes it. */
  flush(): void {
    const socket = this.#socket;
    while (!socket.destroyed && socket.writableLength < SOCKET_BYTES) {
      const output = this.connection.takeOutput();
      if (output === null) break;
      socket.write(output, () => this.connection.recycle(output));
      this.connection.transportReady();
    }
    if (this.failure !== "" || this.connection.drained) socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }

  accept(stream: Http2Stream): StreamHandler {
    return this.onRequest(stream);
  }
  settings(): void {}
  goaway(lastStreamId: number, error: number, debug: string): void {
    this.goaways.push(`${lastStreamId} ${error} ${debug}`);
  }
  pong(): void {
    this.pongs += 1;
  }
  streamEnded(): void {}
  failed(failure: { code: string }): void {
    this.failure = failure.code;
  }
}

/** A stream nobody cares about; a base for those who care about some of it. */
export class Ignored implements StreamHandler {
  interim(_stream: Http2Stream): void {}
  head(_stream: Http2Stream, _last: boolean): void {}
  oversized(_stream: Http2Stream, _last: boolean): void {}
  data(_stream: Http2Stream, _bytes: Buffer, _start: number, _end: number): void {}
  end(_stream: Http2Stream, _trailers: readonly string[] | null): void {}
  reset(_stream: Http2Stream, _error: number): void {}
  writable(_stream: Http2Stream): void {}
}
