import type { EndpointState, OutboundStack } from "../../decide/contract.ts";
import { decideBackend, OutboundDecision } from "../../decide/decision.ts";
import { totalDelayMs } from "../../decide/filters.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import { ALPN } from "../../messages/names.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import type { ConfigView, Dialer, Limits, Observer, Transport } from "../contract.ts";
import { awaitStatus } from "./await-status.ts";
import { TcpConnections } from "./connections.ts";
import { addressOf, type OpenRecord, openRecord } from "./record.ts";
import { Relay, type RelayEnd } from "./relay.ts";
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
}

/** One connection from accept to end. */
class OutboundConnection {
  readonly #options: OutboundTcpOptions;
  readonly #connections: TcpConnections;
  readonly #downstream: Transport;
  readonly #destination: string;
  readonly #open: OpenRecord;
  readonly #tried: EndpointState[] = [];
  #endpointsName = "";
  #gone = false;
  #reported = false;

  constructor(options: OutboundTcpOptions, connections: TcpConnections, downstream: Transport, destination: string) {
    this.#options = options;
    this.#connections = connections;
    this.#downstream = downstream;
    this.#destination = destination;
    this.#open = openRecord("outbound", downstream, options.clock);
    const { self } = options.config;
    this.#open.record.source = `${self.namespace}/${self.workload}`;
    this.#open.record.service = destination;
  }

  start(): void {
    const { config, limits } = this.#options;
    if (this.#connections.size >= limits.maxConnections) return this.#refuse("overloaded");
    if (this.#connections.draining) return this.#refuse("draining");
    this.#connections.add(this.#downstream);
    this.#downstream.socket.once("close", this.#onGone);
    config.resolveOutbound(this.#destination, (stack, reason) => {
      if (stack === null) this.#refuse(reason ?? "no-config");
      else this.#decide(stack);
    });
  }

  /** Routes of a TCP service carry no matches: the first one is the service's. */
  #decide(stack: OutboundStack): void {
    const { clock, config, random } = this.#options;
    const route = stack.routes[0];
    if (route === undefined) return this.#refuse("no-route");
    const view = new TcpView(config.self, this.#destination);
    const decision = new OutboundDecision();
    decision.route = route;
    this.#open.record.routeLabel = route.label;
    const delayMs = totalDelayMs(route.filters, view, random, clock.nowMs());
    if (Number.isNaN(delayMs)) return this.#refuse("policy-error", route.label);
    const go = (): void => {
      decideBackend(decision, view, random, clock.nowMs());
      const { refusal, backend } = decision;
      // There is no status to answer with: an abort of any kind is a reset.
      if (refusal !== null) return this.#refuse(refusal.reason, refusal.policy);
      this.#endpointsName = backend?.endpointsName ?? "";
      this.#try();
    };
    if (delayMs > 0) clock.setTimer(go, delayMs, { unref: true });
    else go();
  }

  #try(): void {
    if (this.#gone) return;
    const { clock, config, dialer } = this.#options;
    const balancer = config.balancer(this.#endpointsName);
    const startedMs = clock.monotonicMs();
    const state = balancer?.pick(startedMs, this.#tried) ?? null;
    if (balancer === undefined || state === null || this.#tried.includes(state)) return this.#refuse("no-endpoints");
    this.#tried.push(state);
    const { record } = this.#open;
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
    else this.#refuse(reason);
  }

  #relay(state: EndpointState, upstream: Transport, rttMs: number, ended: (failed: boolean, rttMs: number) => void): void {
    const { clock, config, limits } = this.#options;
    const { record } = this.#open;
    record.mtls = upstream.mtls;
    record.peerIdentity = upstream.peerIdentity;
    record.destination =
      state.endpoint.workload === "" ? record.destinationAddress : `${namespaceOf(state, config)}/${state.endpoint.workload}`;
    this.#downstream.socket.off("close", this.#onGone);
    new Relay(this.#downstream, upstream, clock, limits.idleStreamMs, (end) => {
      ended(end.brokenBy === "second" && end.bytesBack === 0, rttMs);
      this.#report(reasonOf(end), end);
    }).start();
  }

  readonly #onGone = (): void => {
    this.#gone = true;
    this.#report("downstream-reset");
  };

  /** A TCP client can be told no only by a reset. */
  #refuse(reason: ReasonCode, policy = ""): void {
    this.#downstream.socket.off("close", this.#onGone);
    this.#open.record.policy = policy;
    if (this.#downstream.reset === undefined) this.#downstream.socket.destroy();
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

/** An instance is `namespace/instance`; without one the service's namespace is as near as we get. */
function namespaceOf(state: EndpointState, config: ConfigView): string {
  const [namespace] = state.endpoint.instance.split("/");
  return namespace || config.self.namespace;
}
