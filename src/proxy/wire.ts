import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { readCommon } from "../lib/common-reads.ts";
import { messageOf } from "../lib/errors.ts";
import { loopTurn } from "../lib/loop-turn.ts";
import { resetSocket, wasReset } from "../lib/reset-socket.ts";
import { isShared, readShared, stopReadShared } from "../lib/shared-reads.ts";
import type { Transport } from "./contract.ts";

/** Who gets what comes in on a {@link Wire}. */
export interface WireOwner {
  /** Bytes made for the connection that it was not given yet. */
  readonly unwritten: number;
  /** `bytes[start..end)`; whether they may be kept says {@link Wire.retainable}. */
  onBytes(bytes: Buffer, start: number, end: number): void;
  /** The other side will send no more. */
  onEnd(): void;
  /** Everything written has left. */
  onDrain(): void;
  /** Gone, with or without an error. Called once, also after {@link Wire.destroy}. */
  onClosed(): void;
}

/** Beyond this much unsent, whoever feeds a wire is asked to wait. */
export const HIGH_WATER_BYTES = 64 * 1_024;

const open = new Set<Wire>();

/** On their way to any connection's other side, and not yet gone. */
export function bytesInWires(): number {
  let bytes = 0;
  for (const wire of open) bytes += wire.pending + wire.owner.unwritten;
  return bytes;
}

/** A connection as the HTTP engine uses it: bytes in by callback, bytes out, and who may keep which memory. */
export class Wire {
  readonly transport: Transport;
  readonly socket: Socket;
  owner: WireOwner;
  closed = false;
  /** Their direction is finished. */
  ended = false;
  /** Ours is. */
  finished = false;
  /** Whether the bytes given to the owner stay as they are after its callback. */
  retainable = true;
  /** What the socket said when it failed; empty when it did not. */
  error = "";
  #paused = false;
  readonly #sharing: boolean;
  readonly #onData = (chunk: Buffer) => {
    this.retainable = true;
    this.#read(chunk, chunk.length);
  };
  readonly #onRead = (count: number, buffer: Buffer) => {
    this.retainable = !isShared(buffer);
    this.#read(buffer, count);
  };
  /** Of TLS: the next record is decrypted into the same memory. */
  readonly #onRecord = (count: number, buffer: Buffer): boolean => {
    this.retainable = false;
    this.#read(buffer, count);
    return !this.#paused;
  };
  readonly #onEnd = () => {
    // Once our direction has ended the kernel forgets the peer at an orderly end too: the question means nothing then.
    if (!this.finished && wasReset(this.socket)) {
      this.error = "ECONNRESET";
      this.destroy();
      return;
    }
    this.ended = true;
    if (!this.closed) this.owner.onEnd();
  };
  readonly #onDrain = () => {
    if (!this.closed) this.owner.onDrain();
  };
  readonly #onError = (error: Error) => {
    this.error = messageOf(error);
  };
  readonly #onClose = () => {
    open.delete(this);
    if (this.closed) return;
    this.closed = true;
    this.owner.onClosed();
  };

  constructor(transport: Transport, owner: WireOwner) {
    this.transport = transport;
    this.owner = owner;
    open.add(this);
    const { socket } = transport;
    this.socket = socket;
    // Bytes that were looked at before and put back come first, as ordinary data.
    const early: Buffer | null = socket.readableLength > 0 ? socket.read() : null;
    this.#sharing = readShared(socket, this.#onRead) || (socket instanceof TLSSocket && readCommon(socket, this.#onRecord));
    if (!this.#sharing) socket.on("data", this.#onData);
    else socket.resume();
    if (early !== null) process.nextTick(this.#onData, early);
    socket.on("end", this.#onEnd);
    socket.on("drain", this.#onDrain);
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
    socket.setNoDelay(true);
  }

  /** True when the memory is free again at once; false: it is in use until {@link pending} is 0. */
  write(bytes: Buffer, start: number, end: number): boolean {
    if (this.closed || this.finished || end === start) return true;
    const { socket } = this;
    socket.write(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
    return socket.writableLength === 0;
  }

  /** Writes all of `bytes` and calls `done` once nobody reads them any more; not when the connection is lost before. */
  writeThen(bytes: Buffer, done: () => void): void {
    if (this.closed || this.finished) return;
    this.socket.write(bytes, done);
  }

  /** Bytes written that have not left. */
  get pending(): number {
    return this.socket.writableLength;
  }

  pause(): void {
    if (this.#paused || this.closed) return;
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#paused || this.closed) return;
    this.#paused = false;
    this.socket.resume();
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Ends our direction after what is written. */
  end(): void {
    if (this.finished || this.closed) return;
    this.finished = true;
    this.socket.end();
  }

  destroy(): void {
    this.finished = true;
    if (!this.closed) this.socket.destroy();
  }

  /** So that the other side cannot take what it has for all there was. */
  reset(): void {
    if (this.closed) return;
    this.finished = true;
    if (this.transport.reset === undefined) resetSocket(this.socket);
    else this.transport.reset();
  }

  /** Hands the socket to somebody else: no more callbacks from here. */
  release(): void {
    this.closed = true;
    open.delete(this);
    const { socket } = this;
    socket.pause();
    if (this.#sharing) stopReadShared(socket);
    else socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.off("drain", this.#onDrain);
    socket.off("error", this.#onError);
    socket.off("close", this.#onClose);
  }

  #read(bytes: Buffer, count: number): void {
    if (this.closed) return;
    loopTurn.enterRead();
    try {
      this.owner.onBytes(bytes, 0, count);
    } finally {
      loopTurn.leaveRead();
    }
  }
}
