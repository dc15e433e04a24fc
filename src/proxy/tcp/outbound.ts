import type { EndpointState, OutboundStack } from "../../decide/contract.ts";
import { decideBackend, OutboundDecision } from "../../decide/decision.ts";
import { totalDelayMs } from "../../decide/filters.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import { ALPN } from "../../messages/names.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import type { ConfigView, Dialer, Limits, Observer, Transport } from "../contract.ts";
import { plainEndpoint } from "../plain-endpoint.ts";
import { Accepted, addressOf } from "./accepted.ts";
import { awaitStatus } from "./await-status.ts";
import { TcpConnections } from "./connections.ts";
import { isWorthAnotherEndpoint } from "./status-byte.ts";
import { TcpView } from "./tcp-view.ts";

export interface OutboundTcpOptions {
  readonly config: ConfigView;
  readonly dialer: Dialer;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Limits;
}

/** The first try and two safe ones: nothing of the application's has been sent when one fails. */
const MAX_ATTEMPTS = 3;
/** For the peer to verify us and reach its application. */
const STATUS_TIMEOUT_MS = 3_000;

/** Opaque connections from the application beside us to a service: one balanced choice each. */
export class OutboundTcp {
  readonly connections = new TcpConnections();
  readonly #options: OutboundTcpOptions;

  constructor(options: OutboundTcpOptions) {
    this.#options = options;
  }

  /** Takes over `downstream`. `destination`: `namespace/service:port`. Bytes already read stand in front. */
  serve(downstream: Transport, destination: string): void {
    new OutboundConnection(this.#options, this.connections, downstream, destination).start();
  }

  /** Takes over `downstream`, which goes to a place the mesh does not know: its bytes pass as they are, and are counted. */
  passOn(downstream: Transport, address: string, port: number): void {
    const accepted = new Accepted("outbound", downstream, this.connections, this.#options);
    const { dialer, config } = this.#options;
    const { record } = accepted;
    record.source = `${config.self.namespace}/${config.self.workload}`;
    record.destination = addressOf(address, port);
    record.destinationAddress = record.destination;
    const refusal = accepted.enter();
    if (refusal !== null) return accepted.refuse(refusal);
    record.attempts = 1;
    dialer.dial(
      plainEndpoint(address, port, ""),
      "tcp",
      (upstream) => {
        if (accepted.over) upstream.socket.destroy();
        else accepted.relay(upstream, () => {});
      },
      (reason) => accepted.refuse(reason),
    );
  }

  /** Ends `downstream`, which leads nowhere, with its record. `authority`: where it said it wants to go. */
  refuse(downstream: Transport, reason: ReasonCode, authority: string): void {
    const accepted = new Accepted("outbound", downstream, this.connections, this.#options);
    const { self } = this.#options.config;
    accepted.record.source = `${self.namespace}/${self.workload}`;
    accepted.record.authority = authority;
    accepted.refuse(reason);
  }
}

/** One connection from accept to end. */
class OutboundConnection {
  readonly #options: OutboundTcpOptions;
  readonly #accepted: Accepted;
  readonly #destination: string;
  readonly #tried: EndpointState[] = [];
  #endpointsName = "";

  constructor(options: OutboundTcpOptions, connections: TcpConnections, downstream: Transport, destination: string) {
    this.#options = options;
    this.#destination = destination;
    this.#accepted = new Accepted("outbound", downstream, connections, options);
    const { self } = options.config;
    this.#accepted.record.source = `${self.namespace}/${self.workload}`;
    this.#accepted.record.service = destination;
  }

  start(): void {
    const refusal = this.#accepted.enter();
    if (refusal !== null) return this.#accepted.refuse(refusal);
    this.#options.config.resolveOutbound(this.#destination, (stack, reason) => {
      if (stack === null) this.#accepted.refuse(reason ?? "no-config");
      else this.#decide(stack);
    });
  }

  /** Routes of a TCP service carry no matches: the first one is the service's. */
  #decide(stack: OutboundStack): void {
    const { clock, config, random } = this.#options;
    const route = stack.routes[0];
    if (route === undefined) return this.#accepted.refuse("no-route");
    const view = new TcpView(config.self, this.#destination);
    const decision = new OutboundDecision();
    decision.route = route;
    this.#accepted.record.routeLabel = route.label;
    const delayMs = totalDelayMs(route.filters, view, random, clock.nowMs());
    if (Number.isNaN(delayMs)) return this.#accepted.refuse("policy-error", route.label);
    const go = (): void => {
      decideBackend(decision, view, random, clock.nowMs());
      const { refusal, backend } = decision;
      // There is no status to answer with: an abort of any kind is a reset.
      if (refusal !== null) return this.#accepted.refuse(refusal.reason, refusal.policy);
      this.#endpointsName = backend?.endpointsName ?? "";
      this.#try();
    };
    if (delayMs > 0) clock.setTimer(go, delayMs, { unref: true });
    else go();
  }

  #try(): void {
    if (this.#accepted.over) return;
    const { clock, config, dialer } = this.#options;
    const balancer = config.balancer(this.#endpointsName);
    const startedMs = clock.monotonicMs();
    const state = balancer?.pick(startedMs, this.#tried) ?? null;
    if (balancer === undefined || state === null || this.#tried.includes(state)) return this.#accepted.refuse("no-endpoints");
    this.#tried.push(state);
    const { record } = this.#accepted;
    record.attempts = this.#tried.length;
    record.destinationAddress = addressOf(state.endpoint.address, state.endpoint.port);
    balancer.began(state, startedMs);
    const ended = (failed: boolean, rttMs: number): void => balancer.ended(state, clock.monotonicMs(), rttMs, failed);
    const failed = (reason: ReasonCode): void => {
      ended(true, clock.monotonicMs() - startedMs);
      this.#failed(reason, isWorthAnotherEndpoint(reason));
    };
    dialer.dial(
      state,
      "tcp",
      (upstream) => {
        const up = (): void => this.#relay(state, upstream, clock.monotonicMs() - startedMs, ended);
        if (upstream.alpn !== ALPN.TCP) up();
        else awaitStatus(upstream, clock, STATUS_TIMEOUT_MS, (reason) => (reason === null ? up() : failed(reason)));
      },
      failed,
    );
  }

  #failed(reason: ReasonCode, again: boolean): void {
    const states = this.#options.config.balancer(this.#endpointsName)?.states ?? [];
    const another = states.some((state) => !this.#tried.includes(state));
    if (again && another && this.#tried.length < MAX_ATTEMPTS) this.#try();
    else this.#accepted.refuse(reason);
  }

  #relay(state: EndpointState, upstream: Transport, rttMs: number, ended: (failed: boolean, rttMs: number) => void): void {
    const { config } = this.#options;
    const { record } = this.#accepted;
    record.mtls = upstream.mtls;
    record.peerIdentity = upstream.peerIdentity;
    record.destination =
      state.endpoint.workload === "" ? record.destinationAddress : `${namespaceOf(state, config)}/${state.endpoint.workload}`;
    this.#accepted.relay(upstream, (end) => ended(end.brokenBy === "second" && end.bytesBack === 0, rttMs));
  }
}

/** An instance is `namespace/instance`; without one the service's namespace is as near as we get. */
function namespaceOf(state: EndpointState, config: ConfigView): string {
  const [namespace] = state.endpoint.instance.split("/");
  return namespace || config.self.namespace;
}
