import { type Socket, connect } from "node:net";
import { wasReset } from "../../../src/lib/reset-socket.ts";

/** A client that speaks no protocol. */
export class RawClient {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  ended = false;
  closed = false;
  error = "";
  #waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#wake();
    });
    socket.on("end", () => {
      if (!socket.writableEnded && wasReset(socket)) {
        this.error = "ECONNRESET";
        socket.destroy();
        return;
      }
      this.ended = true;
      this.#wake();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return client;
  }

  get text(): string {
    return this.received.toString("latin1");
  }

  send(text: string | Buffer): this {
    this.socket.write(typeof text === "string" ? Buffer.from(text, "latin1") : text);
    return this;
  }

  /** Waits until `condition` holds; fails with what was received after `limitMs`. */
  async until(condition: (client: this) => boolean, what: string, limitMs = 5_000): Promise<void> {
    const limit = Date.now() + limitMs;
    while (!condition(this)) {
      const restMs = limit - Date.now();
      if (restMs <= 0) throw new Error(`waited ${limitMs} ms for ${what}; received ${JSON.stringify(this.text.slice(0, 2_000))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, restMs);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  async untilText(text: string): Promise<void> {
    await this.until((client) => client.text.includes(text), JSON.stringify(text));
  }

  async untilClosed(): Promise<void> {
    await this.until((client) => client.ended || client.closed, "the end of the connection");
  }

  close(): void {
    this.socket.destroy();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
