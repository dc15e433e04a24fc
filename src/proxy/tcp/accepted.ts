import type { Clock } from "../../lib/clock.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import type { ExchangeRecord, Limits, Observer, Transport } from "../contract.ts";
import { TrafficRecord } from "../exchange-record.ts";
import type { TcpConnections } from "./connections.ts";
import { Relay, type RelayEnd } from "./relay.ts";

export interface AcceptedOptions {
  readonly observer: Observer;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** An opaque connection from accept to its record, whichever way it goes. */
export class Accepted {
  readonly downstream: Transport;
  readonly record: ExchangeRecord;
  /** Its record has gone to the observer: refused, ended, or its client left. */
  over = false;
  readonly #options: AcceptedOptions;
  readonly #connections: TcpConnections;
  readonly #startedMs: number;

  constructor(direction: "inbound" | "outbound", downstream: Transport, connections: TcpConnections, options: AcceptedOptions) {
    this.downstream = downstream;
    this.#connections = connections;
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
    const { socket } = downstream;
    const record = new TrafficRecord(direction);
    record.protocol = "tcp";
    record.startUnixMs = options.clock.nowMs();
    record.mtls = downstream.mtls;
    record.peerIdentity = downstream.peerIdentity;
    record.sourceAddress = addressOf(socket.remoteAddress, socket.remotePort);
    this.record = record;
  }

  /** Why there is no room for it; null: it counts from now on, and is watched. */
  enter(): ReasonCode | null {
    if (this.#connections.size >= this.#options.limits.maxConnections) return "overloaded";
    if (this.#connections.draining) return "draining";
    this.#connections.add(this.downstream);
    this.downstream.socket.once("close", this.#onGone);
    return null;
  }

  /** Passes bytes until both ways have ended. */
  relay(upstream: Transport, ended: (end: RelayEnd) => void): void {
    const { clock, limits } = this.#options;
    this.downstream.socket.off("close", this.#onGone);
    this.#connections.opened(this.record);
    const relay = new Relay(this.downstream, upstream, clock, limits.idleStreamMs, (end) => {
      this.#connections.closed(this.record);
      ended(end);
      this.#report(reasonOf(end), end);
    });
    relay.start();
  }

  /** `status`: what the peer's proxy is told; -1: there is nobody who would understand it, and a TCP client can be told no only by a reset. */
  refuse(reason: ReasonCode, policy = "", status = -1): void {
    const { downstream } = this;
    downstream.socket.off("close", this.#onGone);
    this.record.policy = policy;
    // A reset could overtake the status byte; a proxy of ours reads it and closes.
    if (status >= 0) downstream.socket.end(Buffer.of(status), () => downstream.socket.destroy());
    else if (downstream.reset === undefined) downstream.socket.destroy();
    else downstream.reset();
    this.#report(reason);
  }

  readonly #onGone = (): void => this.#report("downstream-reset");

  #report(reason: ReasonCode | "", end?: RelayEnd): void {
    if (this.over) return;
    this.over = true;
    const { record } = this;
    record.reason = reason;
    record.requestBytes = end?.bytesForward ?? 0;
    record.responseBytes = end?.bytesBack ?? 0;
    record.durationMs = this.#options.clock.monotonicMs() - this.#startedMs;
    this.#options.observer.ended(record);
  }
}

export function addressOf(host: string | undefined, port: number | undefined): string {
  if (host === undefined) return "";
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function reasonOf(end: RelayEnd): ReasonCode | "" {
  if (end.how === "idle") return "idle-timeout";
  if (end.brokenBy === null) return "";
  return end.brokenBy === "first" ? "downstream-reset" : "upstream-reset";
}
