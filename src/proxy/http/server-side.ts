import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import type { Wheel } from "../../lib/wheel.ts";
import { REASONS } from "../../messages/reasons.ts";
import type { Source } from "../../policies/contract.ts";
import type { HttpServerSide, Limits, Observer, Transport } from "../contract.ts";
import { TrafficRecord } from "../exchange-record.ts";
import { type HeadLimits, ROLE_REQUEST } from "../http1/codec/head.ts";
import { MessageReader } from "../http1/codec/message-reader.ts";
import type { Outbox } from "../http1/outbox.ts";
import { writeReply } from "../http1/own-reply.ts";
import { ByteWriter } from "../http1/codec/byte-writer.ts";
import { ServerConnection } from "../http1/server-connection.ts";
import { speaksHttp2 } from "../http2/alpn.ts";
import { Http2ServerConnection } from "../http2/server-connection.ts";
import type { Tracer } from "../trace/tracer.ts";
import { Concurrency } from "../overload/concurrency.ts";
import type { RequestGate } from "../overload/overload.ts";
import type { Downstream } from "./downstream.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestIds } from "./request-ids.ts";

/** What every part of the HTTP engine of one proxy shares. */
export interface Engine {
  readonly clock: Clock;
  readonly wheel: Wheel;
  readonly random: Random;
  readonly limits: Limits;
  readonly observer: Observer;
  readonly overload: RequestGate;
  readonly requestIds: RequestIds;
  readonly tracer: Tracer;
  readonly outbox: Outbox;
}

/** A client's connection of either protocol. */
interface ServedConnection {
  /** Ends as its requests end. */
  drain(): void;
}

const REPLY_BYTES = 1_024;
/** Objects kept for the next request or connection; more than this at once is a burst. */
const MAX_SPARE = 1_024;

/** One HTTP listener's connections; inbound and outbound say what becomes of a request. */
export abstract class ServerSide implements HttpServerSide {
  readonly engine: Engine;
  activeRequests = 0;
  draining = false;
  protected readonly concurrency = new Concurrency();
  readonly #headLimits: HeadLimits;
  readonly #connections = new Set<ServedConnection>();
  readonly #spareReaders: MessageReader[] = [];
  readonly #spareExchanges: Exchange[] = [];
  #turnedAway: TrafficRecord | null = null;
  #drained: (() => void)[] = [];

  constructor(engine: Engine, headLimits: HeadLimits = engine.limits) {
    this.engine = engine;
    this.#headLimits = headLimits;
  }

  protected abstract readonly direction: "inbound" | "outbound";
  protected abstract createExchange(): Exchange;
  /** Whose request it is and to what, as far as is known without looking at it. */
  abstract describe(record: TrafficRecord, downstream: Downstream): void;
  /** Who is on the other side of a new connection. */
  abstract sourceOf(transport: Transport): Source;

  get openConnections(): number {
    return this.#connections.size;
  }

  serve(transport: Transport): void {
    if (this.#connections.size >= this.engine.limits.maxConnections) {
      turnAway(transport);
      return;
    }
    this.#connections.add(speaksHttp2(transport) ? new Http2ServerConnection(this, transport) : new ServerConnection(this, transport));
  }

  drain(done: () => void): void {
    this.draining = true;
    this.#drained.push(done);
    for (const connection of this.#connections) connection.drain();
    this.#checkDrained();
  }

  /** Whether the connection may carry another request after this one. */
  keeps(transport: Transport): boolean {
    return !this.draining && transport.retired !== true;
  }

  removed(connection: ServedConnection): void {
    if (this.#connections.delete(connection)) this.#checkDrained();
  }

  /** Whether there is time for one request more. */
  admits(): boolean {
    return this.engine.overload.admits(this.concurrency, this.activeRequests);
  }

  /** A request was let in, and then was too much for who should have answered it. */
  pressed(): void {
    this.concurrency.pressed(this.activeRequests);
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
    this.engine.overload.begun();
    return this.#spareExchanges.pop() ?? this.createExchange();
  }

  giveExchange(exchange: Exchange): void {
    this.activeRequests -= 1;
    this.engine.overload.ended();
    if (this.#spareExchanges.length < MAX_SPARE) this.#spareExchanges.push(exchange);
  }

  /** Tells observers of a request that was answered 503 without looking at it. */
  countTurnedAway(downstream: Downstream, waitedMs: number): void {
    const { observer, clock } = this.engine;
    const record = (this.#turnedAway ??= new TrafficRecord(this.direction));
    record.reset(clock.nowMs() - waitedMs);
    record.protocol = downstream.protocol;
    record.status = REASONS.overloaded.status;
    record.reason = "overloaded";
    record.durationMs = waitedMs;
    record.sourceAddress = downstream.remoteAddress;
    this.describe(record, downstream);
    observer.ended(record);
  }

  #checkDrained(): void {
    if (!this.draining || this.#connections.size > 0) return;
    const waiting = this.#drained;
    this.#drained = [];
    for (const done of waiting) done();
  }
}

/** One connection too many: told so in HTTP/1; in HTTP/2 the end says it, and nothing was processed. */
function turnAway(transport: Transport): void {
  const { socket } = transport;
  socket.on("error", () => {});
  if (speaksHttp2(transport)) {
    socket.destroy();
    return;
  }
  const out = new ByteWriter(REPLY_BYTES);
  writeReply(out, { reason: "overloaded", status: 503, policy: "", requestId: "", withBody: true }, true);
  socket.end(out.bytes.subarray(0, out.length), () => socket.destroy());
}
