/** The other side of an HTTP/2 connection, client or server: sends whatever it is told, right or wrong, and keeps what it gets. */
import { type Socket, connect } from "node:net";
import { FRAME_HEADER_BYTES, PREFACE } from "../../../src/proxy/http2/codec/frame.ts";
import { HpackDecoder } from "../../../src/proxy/http2/codec/hpack/decoder.ts";
import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  GOAWAY,
  HEADERS,
  PADDED,
  PING,
  PRIORITIZED,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
  clientStart,
  frame,
  serverStart,
  settingsAck,
  uint32,
} from "../../unit/proxy/http2/frames.ts";
import { decodeBlock } from "../../unit/proxy/http2/hpack/fields.ts";

type Pairs = readonly (readonly [string, string])[];

/** What came on one stream. */
export class PeerMessage {
  readonly id: number;
  /** The request, or the final answer. */
  head: Pairs | null = null;
  interim = 0;
  body = "";
  trailers: Pairs | null = null;
  ended = false;
  /** Code of RST_STREAM; -1: none. */
  reset = -1;

  constructor(id: number) {
    this.id = id;
  }

  get over(): boolean {
    return this.ended || this.reset >= 0;
  }

  field(name: string): string | undefined {
    return this.head?.find(([key]) => key === name)?.[1];
  }

  get status(): number {
    return Number(this.field(":status") ?? 0);
  }
}

export interface PeerOptions {
  /** Returns credit for what it reads; on unless told otherwise. */
  readonly credit?: boolean;
  /** A request or an answer is complete, or its stream was reset. */
  readonly onOver?: (message: PeerMessage, peer: Http2Peer) => void;
  /** A head has come. */
  readonly onHead?: (message: PeerMessage, peer: Http2Peer) => void;
}

export class Http2Peer {
  readonly socket: Socket;
  readonly messages = new Map<number, PeerMessage>();
  /** Frames that came, by type. */
  readonly counts: number[] = [];
  goaway: { readonly last: number; readonly error: number; readonly debug: string } | null = null;
  closed = false;
  receivedBytes = 0;
  #nextId = 1;
  #unread: Buffer = Buffer.alloc(0);
  #block: Buffer[] = [];
  #blockFlags = 0;
  readonly #decoder = new HpackDecoder(4_096);
  readonly #options: PeerOptions;
  #prefaceLeft: number;
  #waiting: (() => void)[] = [];

  constructor(socket: Socket, side: "client" | "server", options: PeerOptions = {}) {
    this.socket = socket;
    this.#options = options;
    this.#prefaceLeft = side === "server" ? PREFACE.length : 0;
    socket.on("data", (chunk: Buffer) => {
      this.receivedBytes += chunk.length;
      this.#read(chunk);
      this.#wake();
    });
    for (const event of ["end", "close", "error"]) {
      socket.on(event, () => {
        this.closed = true;
        this.#wake();
      });
    }
  }

  static async connect(port: number, options: PeerOptions = {}, start: Buffer = clientStart): Promise<Http2Peer> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new Http2Peer(socket, "client", options).send(start);
  }

  static accepted(socket: Socket, options: PeerOptions = {}, start: Buffer = serverStart): Http2Peer {
    return new Http2Peer(socket, "server", options).send(start);
  }

  /** Number of the next stream of ours. */
  nextId(): number {
    const id = this.#nextId;
    this.#nextId += 2;
    return id;
  }

  send(...parts: readonly Buffer[]): this {
    if (!this.closed && this.socket.writable) this.socket.write(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
    return this;
  }

  message(id: number): PeerMessage {
    let message = this.messages.get(id);
    if (message === undefined) {
      message = new PeerMessage(id);
      this.messages.set(id, message);
    }
    return message;
  }

  /** Waits until `condition` holds; fails with what is known after `limitMs`. */
  async until(what: string, condition: (peer: this) => boolean, limitMs = 10_000): Promise<void> {
    const limit = performance.now() + limitMs;
    while (!condition(this)) {
      const restMs = limit - performance.now();
      if (restMs <= 0) throw new Error(`not within ${limitMs} ms: ${what}; ${this.describe()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, restMs);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  describe(): string {
    const streams = [...this.messages.values()].slice(0, 5);
    return JSON.stringify({ goaway: this.goaway, closed: this.closed, frames: this.counts, streams });
  }

  close(): void {
    this.socket.destroy();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #read(chunk: Buffer): void {
    let bytes = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    if (this.#prefaceLeft > 0) {
      if (bytes.length < PREFACE.length) {
        this.#unread = bytes;
        return;
      }
      this.#prefaceLeft = 0;
      bytes = bytes.subarray(PREFACE.length);
    }
    let at = 0;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const end = at + FRAME_HEADER_BYTES + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      const [type, flags] = [bytes[at + 3] as number, bytes[at + 4] as number];
      this.#frame(type, flags, bytes.readUInt32BE(at + 5), bytes.subarray(at + FRAME_HEADER_BYTES, end));
      at = end;
    }
    this.#unread = Buffer.from(bytes.subarray(at));
  }

  #frame(type: number, flags: number, id: number, payload: Buffer): void {
    this.counts[type] = (this.counts[type] ?? 0) + 1;
    switch (type) {
      case SETTINGS:
        if ((flags & ACK) === 0) this.#settings();
        return;
      case PING:
        if ((flags & ACK) === 0) this.send(frame(PING, ACK, 0, payload));
        return;
      case GOAWAY:
        this.goaway = { last: payload.readUInt32BE(0), error: payload.readUInt32BE(4), debug: payload.toString("latin1", 8) };
        return;
      case RST_STREAM:
        this.message(id).reset = payload.readUInt32BE(0);
        this.#over(this.message(id));
        return;
      case DATA:
        this.#data(id, flags, payload);
        return;
      case HEADERS: {
        const from = (flags & PADDED ? 1 : 0) + (flags & PRIORITIZED ? 5 : 0);
        this.#block = [payload.subarray(from, payload.length - (flags & PADDED ? (payload[0] as number) : 0))];
        this.#blockFlags = flags;
        if (flags & END_HEADERS) this.#section(id);
        return;
      }
      case CONTINUATION:
        this.#block.push(payload);
        if (flags & END_HEADERS) this.#section(id);
        return;
      default:
    }
  }

  /** The acknowledgement of the first is part of how a peer starts. */
  #settings(): void {
    if ((this.counts[SETTINGS] as number) > 2) this.send(settingsAck);
  }

  #data(id: number, flags: number, payload: Buffer): void {
    const message = this.message(id);
    if (message.body.length < 65_536) message.body += payload.toString("latin1");
    if (this.#options.credit !== false && payload.length > 0) {
      const more = frame(WINDOW_UPDATE, 0, 0, uint32(payload.length));
      this.send(flags & END_STREAM ? more : Buffer.concat([more, frame(WINDOW_UPDATE, 0, id, uint32(payload.length))]));
    }
    if (flags & END_STREAM) this.#end(message);
  }

  #section(id: number): void {
    const message = this.message(id);
    const pairs = decodeBlock(this.#decoder, Buffer.concat(this.#block));
    const status = pairs.find(([name]) => name === ":status")?.[1] ?? "";
    if (message.head !== null) message.trailers = pairs;
    else if (status.startsWith("1")) message.interim += 1;
    else {
      message.head = pairs;
      this.#options.onHead?.(message, this);
    }
    if (this.#blockFlags & END_STREAM) this.#end(message);
  }

  #end(message: PeerMessage): void {
    message.ended = true;
    this.#over(message);
  }

  #over(message: PeerMessage): void {
    this.#options.onOver?.(message, this);
  }
}
