import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import type { Wheel } from "../../lib/wheel.ts";
import type { Source } from "../../policies/contract.ts";
import type { HttpServerSide, Limits, Observer, Transport } from "../contract.ts";
import { ByteWriter } from "./codec/byte-writer.ts";
import { type HeadLimits, ROLE_REQUEST } from "./codec/head.ts";
import { MessageReader } from "./codec/message-reader.ts";
import type { Exchange } from "./exchange.ts";
import { writeReply } from "./reply.ts";
import type { RequestIds } from "./request-ids.ts";
import { ServerConnection } from "./server-connection.ts";

/** What every part of the HTTP engine of one proxy shares. */
export interface Engine {
  readonly clock: Clock;
  readonly wheel: Wheel;
  readonly random: Random;
  readonly limits: Limits;
  readonly observer: Observer;
  readonly requestIds: RequestIds;
}

const SCRATCH_BYTES = 32 * 1_024;
/** Objects kept for the next request or connection; more than this at once is a burst. */
const MAX_SPARE = 1_024;

/** One HTTP listener's connections; inbound and outbound say what becomes of a request. */
export abstract class ServerSide implements HttpServerSide {
  readonly engine: Engine;
  /** Answers on their way to clients are put together here, one read at a time. */
  readonly scratch = new ByteWriter(SCRATCH_BYTES);
  activeRequests = 0;
  draining = false;
  readonly #headLimits: HeadLimits;
  readonly #connections = new Set<ServerConnection>();
  readonly #spareReaders: MessageReader[] = [];
  readonly #spareExchanges: Exchange[] = [];
  #drained: (() => void)[] = [];

  constructor(engine: Engine, headLimits: HeadLimits = engine.limits) {
    this.engine = engine;
    this.#headLimits = headLimits;
  }

  protected abstract createExchange(): Exchange;
  /** Who is on the other side of a new connection. */
  abstract sourceOf(transport: Transport): Source;

  get openConnections(): number {
    return this.#connections.size;
  }

  serve(transport: Transport): void {
    if (this.#connections.size >= this.engine.limits.maxConnections) {
      this.scratch.reset();
      writeReply(this.scratch, { reason: "overloaded", status: 503, policy: "", requestId: "", close: true, withBody: true });
      transport.socket.on("error", () => {});
      transport.socket.end(Buffer.from(this.scratch.bytes.subarray(0, this.scratch.length)), () => transport.socket.destroy());
      this.scratch.reset();
      return;
    }
    this.#connections.add(new ServerConnection(this, transport));
  }

  drain(done: () => void): void {
    this.draining = true;
    this.#drained.push(done);
    for (const connection of this.#connections) connection.drain();
    this.#checkDrained();
  }

  /** Whether the connection may carry another request after this one. */
  keeps(connection: ServerConnection): boolean {
    return !this.draining && connection.transport.retired !== true;
  }

  removed(connection: ServerConnection): void {
    if (this.#connections.delete(connection)) this.#checkDrained();
  }

  takeReader(): MessageReader {
    const reader = this.#spareReaders.pop() ?? new MessageReader(ROLE_REQUEST, this.#headLimits);
    reader.reset();
    return reader;
  }

  giveReader(reader: MessageReader): void {
    if (this.#spareReaders.length < MAX_SPARE) this.#spareReaders.push(reader);
  }

  takeExchange(): Exchange {
    this.activeRequests += 1;
    return this.#spareExchanges.pop() ?? this.createExchange();
  }

  giveExchange(exchange: Exchange): void {
    this.activeRequests -= 1;
    if (this.#spareExchanges.length < MAX_SPARE) this.#spareExchanges.push(exchange);
  }

  #checkDrained(): void {
    if (!this.draining || this.#connections.size > 0) return;
    const waiting = this.#drained;
    this.#drained = [];
    for (const done of waiting) done();
  }
}
