import type { InboundStack } from "../../decide/contract.ts";
import { decideAdmission, decideDelay, InboundDecision } from "../../decide/decision.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import { ALPN } from "../../messages/names.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import type { ConfigView, Limits, Observer, Transport } from "../contract.ts";
import { sourceLabel, sourceOfPeer } from "../inbound/peer-source.ts";
import { PlainTransport } from "../tls/plain-transport.ts";
import { Accepted, addressOf } from "./accepted.ts";
import { TcpConnections } from "./connections.ts";
import { dialApp } from "./dial-app.ts";
import { STATUS, statusOf } from "./status-byte.ts";
import { TcpView } from "./tcp-view.ts";

export interface InboundTcpOptions {
  readonly config: ConfigView;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Limits;
  /** Where the application may listen, tried in this order. */
  readonly appAddresses: readonly string[];
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
  readonly #accepted: Accepted;
  readonly #appPort: number;

  constructor(options: InboundTcpOptions, connections: TcpConnections, downstream: Transport, appPort: number) {
    this.#options = options;
    this.#appPort = appPort;
    this.#accepted = new Accepted("inbound", downstream, connections, options);
    const { self } = options.config;
    this.#accepted.record.destination = `${self.namespace}/${self.workload}`;
  }

  start(): void {
    const stack = this.#options.config.inbound(this.#appPort);
    const refusal = this.#accepted.enter() ?? (stack === undefined ? "no-config" : null);
    if (stack === undefined || refusal !== null) this.#refuse(refusal ?? "no-config");
    else this.#decide(stack);
  }

  #decide(stack: InboundStack): void {
    const { clock, random } = this.#options;
    const { record, downstream } = this.#accepted;
    const source = sourceOfPeer(downstream.peerIdentity);
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
    const { appAddresses, clock, limits } = this.#options;
    const accepted = this.#accepted;
    if (accepted.over) return;
    accepted.record.attempts = 1;
    accepted.record.destinationAddress = addressOf(appAddresses[0], this.#appPort);
    dialApp(appAddresses, this.#appPort, clock, limits.connectTimeoutMs, (socket) => {
      if (accepted.over) socket?.destroy();
      else if (socket === null) this.#refuse("app-unreachable");
      else this.#relay(new PlainTransport(socket));
    });
  }

  #relay(app: Transport): void {
    const { socket, alpn } = this.#accepted.downstream;
    if (alpn === ALPN.TCP) socket.write(Buffer.of(STATUS.UP));
    this.#accepted.relay(app, () => {});
  }

  #refuse(reason: ReasonCode, policy = ""): void {
    this.#accepted.refuse(reason, policy, this.#accepted.downstream.alpn === ALPN.TCP ? statusOf(reason) : -1);
  }
}
