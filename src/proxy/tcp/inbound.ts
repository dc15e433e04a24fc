import type { InboundStack } from "../../decide/contract.ts";
import { decideAdmission, decideDelay, InboundDecision } from "../../decide/decision.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import { ALPN } from "../../messages/names.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import type { ConfigView, Limits, Observer, Transport } from "../contract.ts";
import { sourceLabel, sourceOfPeer } from "../inbound/peer-source.ts";
import { PlainTransport } from "../tls/plain-transport.ts";
import { TcpConnections } from "./connections.ts";
import { dialApp } from "./dial-app.ts";
import { addressOf, type OpenRecord, openRecord } from "./record.ts";
import { Relay, type RelayEnd } from "./relay.ts";
import { STATUS, statusOf } from "./status-byte.ts";
import { TcpView } from "./tcp-view.ts";

export interface InboundTcpOptions {
  readonly config: ConfigView;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Limits;
}

/** Opaque connections from callers to the application beside us. */
export class InboundTcp {
  readonly connections = new TcpConnections();
  readonly #options: InboundTcpOptions;

  constructor(options: InboundTcpOptions) {
    this.#options = options;
  }

  /** Takes over `downstream`; `appPort` chooses configuration and application alike. */
  serve(downstream: Transport, appPort: number): void {
    new InboundConnection(this.#options, this.connections, downstream, appPort).start();
  }
}

class InboundConnection {
  readonly #options: InboundTcpOptions;
  readonly #connections: TcpConnections;
  readonly #downstream: Transport;
  readonly #appPort: number;
  readonly #open: OpenRecord;
  #gone = false;
  #reported = false;

  constructor(options: InboundTcpOptions, connections: TcpConnections, downstream: Transport, appPort: number) {
    this.#options = options;
    this.#connections = connections;
    this.#downstream = downstream;
    this.#appPort = appPort;
    this.#open = openRecord("inbound", downstream, options.clock);
    const { self } = options.config;
    this.#open.record.destination = `${self.namespace}/${self.workload}`;
  }

  start(): void {
    const { config, limits } = this.#options;
    if (this.#connections.size >= limits.maxConnections) return this.#refuse("overloaded");
    if (this.#connections.draining) return this.#refuse("draining");
    const stack = config.inbound(this.#appPort);
    if (stack === undefined) return this.#refuse("no-config");
    this.#connections.add(this.#downstream);
    this.#downstream.socket.once("close", this.#onGone);
    this.#decide(stack);
  }

  #decide(stack: InboundStack): void {
    const { clock, random } = this.#options;
    const { record } = this.#open;
    const source = sourceOfPeer(this.#downstream.peerIdentity);
    record.service = stack.service;
    record.source = sourceLabel(source, undefined, record.sourceAddress);
    const view = new TcpView(source, stack.service);
    const decision = new InboundDecision();
    decideDelay(decision, stack, view, random, clock.nowMs());
    const go = (): void => {
      decideAdmission(decision, stack, view, random, clock.nowMs());
      if (decision.refusal !== null) this.#refuse(decision.refusal.reason, decision.refusal.policy);
      else this.#connect();
    };
    if (decision.delayMs > 0) clock.setTimer(go, decision.delayMs, { unref: true });
    else go();
  }

  #connect(): void {
    if (this.#gone) return;
    const { clock, limits } = this.#options;
    this.#open.record.attempts = 1;
    this.#open.record.destinationAddress = addressOf("127.0.0.1", this.#appPort);
    dialApp(this.#appPort, clock, limits.connectTimeoutMs, (socket) => {
      if (this.#gone) socket?.destroy();
      else if (socket === null) this.#refuse("app-unreachable");
      else this.#relay(new PlainTransport(socket));
    });
  }

  #relay(app: Transport): void {
    const { clock, limits } = this.#options;
    const { socket } = this.#downstream;
    socket.off("close", this.#onGone);
    if (this.#downstream.alpn === ALPN.TCP) socket.write(Buffer.of(STATUS.UP));
    new Relay(this.#downstream, app, clock, limits.idleStreamMs, (end) => {
      this.#report(reasonOf(end), end);
    }).start();
  }

  readonly #onGone = (): void => {
    this.#gone = true;
    this.#report("downstream-reset");
  };

  #refuse(reason: ReasonCode, policy = ""): void {
    const { socket, alpn } = this.#downstream;
    socket.off("close", this.#onGone);
    this.#open.record.policy = policy;
    // A reset could overtake the status byte; a proxy of ours reads it and closes.
    if (alpn === ALPN.TCP) socket.end(Buffer.of(statusOf(reason)), () => socket.destroy());
    else if (this.#downstream.reset === undefined) socket.destroy();
    else this.#downstream.reset();
    this.#report(reason);
  }

  #report(reason: ReasonCode | "", end?: RelayEnd): void {
    if (this.#reported) return;
    this.#reported = true;
    const { record, startedMs } = this.#open;
    record.reason = reason;
    record.requestBytes = end?.bytesForward ?? 0;
    record.responseBytes = end?.bytesBack ?? 0;
    record.durationMs = this.#options.clock.monotonicMs() - startedMs;
    this.#options.observer.ended(record);
  }
}

function reasonOf(end: RelayEnd): ReasonCode | "" {
  if (end.how === "idle") return "idle-timeout";
  if (end.brokenBy === null) return "";
  return end.brokenBy === "first" ? "downstream-reset" : "upstream-reset";
}
