import type { Balancer, CompiledBackend, EndpointState, OutboundStack } from "../../decide/contract.ts";
import { OutboundDecision, decideBackend, decideRoute } from "../../decide/decision.ts";
import type { PathRefusal } from "../../match/path.ts";
import { Protocol } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import type { Failure } from "../http1/codec/failure.ts";
import { FORM_AUTHORITY } from "../http1/codec/target.ts";
import { AnsweringExchange } from "../http/answering-exchange.ts";
import type { EndpointPool } from "../pool/endpoint-pool.ts";
import { isForbiddenTarget } from "./forbidden-target.ts";
import type { OutboundSide } from "./outbound-side.ts";

/** A request of the application: destination → route → filters → backend → endpoint. */
export class OutboundExchange extends AnsweringExchange {
  readonly #out: OutboundSide;
  readonly #decision = new OutboundDecision();
  #balancer: Balancer | null = null;
  #protocol: Protocol = Protocol.HTTP;

  constructor(side: OutboundSide) {
    super(side, "outbound");
    this.#out = side;
  }

  protected override openView(): Failure | PathRefusal | null {
    const { destination } = this.#out;
    return this.downstream.openView(this.view, destination === null, this.#out.fallbackHost);
  }

  protected override decide(): void {
    const { view, record } = this;
    const { shared } = this.#out;
    const connect = view.form === FORM_AUTHORITY;
    let { destination } = this.#out;
    if (destination === null) {
      if (isForbiddenTarget(view.authority)) {
        this.fail("forbidden-target");
        return;
      }
      destination = shared.view.destinationOf(view.authority);
      if (destination === null) {
        this.fail("unknown-destination");
        return;
      }
    } else if (connect) {
      this.fail("bad-request");
      return;
    }
    record.service = destination;
    record.source = this.#out.sourceLabel;
    const stack = shared.view.outbound(destination);
    if (stack !== undefined) {
      this.#go(stack, connect);
      return;
    }
    const { generation } = this;
    shared.view.resolveOutbound(destination, (found, reason) => {
      if (this.generation !== generation) return;
      if (found !== null) this.#go(found, connect);
      else this.fail(reason ?? "no-config");
    });
  }

  #go(stack: OutboundStack, connect: boolean): void {
    if (connect) {
      const { name } = stack;
      this.handOver((transport) => this.#out.shared.opaque(transport, name));
      return;
    }
    const decision = this.#decision;
    this.#protocol = stack.protocol;
    decideRoute(decision, stack, this.view, this.side.engine.random, this.record.startUnixMs);
    if (decision.route !== null) this.record.routeLabel = decision.route.label;
    if (decision.refusal !== null) this.failBy(decision.refusal);
    else this.holdFor(decision.delayMs);
  }

  protected override admit(): void {
    const { random, clock } = this.side.engine;
    const decision = this.#decision;
    // The clock is asked again only when time has passed on purpose.
    decideBackend(decision, this.view, random, decision.delayMs > 0 ? clock.nowMs() : this.record.startUnixMs);
    if (decision.refusal !== null) {
      this.failBy(decision.refusal);
      return;
    }
    this.#balancer = this.#out.shared.view.balancer((decision.backend as CompiledBackend).endpointsName) ?? null;
    this.tryAnother("no-endpoints");
  }

  protected override tryAnother(reason: ReasonCode): void {
    const state = this.#balancer === null ? null : this.#balancer.pick(this.now(), this.tries.tried);
    // The balancer may have only endpoints that were tried: asking one twice would not be another try.
    if (state === null || this.tries.tried.includes(state)) {
      this.fail(reason);
      return;
    }
    this.useEndpoint(state, false);
  }

  protected override hasAnother(): boolean {
    return this.#balancer !== null && this.#balancer.states.some((state) => !this.tries.tried.includes(state));
  }

  override tryBegan(state: EndpointState, nowMs: number): void {
    const { record } = this;
    (this.#balancer as Balancer).began(state, nowMs);
    record.mtls = state.endpoint.identity !== "";
    record.peerIdentity = state.endpoint.identity;
    record.destination = this.#out.workloadLabel(state.endpoint);
  }

  override tryEnded(state: EndpointState, nowMs: number, rttMs: number, failed: boolean): void {
    (this.#balancer as Balancer).ended(state, nowMs, rttMs, failed);
  }

  protected override poolOf(state: EndpointState): EndpointPool {
    const http2 = this.#protocol === Protocol.GRPC || this.#protocol === Protocol.HTTP2;
    return this.#out.shared.pools.of(state, http2 || (this.#undeclared && this.downstream.protocol === "http/2"));
  }

  get #undeclared(): boolean {
    return this.#protocol !== Protocol.HTTP && this.#protocol !== Protocol.GRPC && this.#protocol !== Protocol.HTTP2;
  }

  protected override meshSource(): string {
    return this.#out.sourceLabel;
  }

  /** Where the port does not say what the application speaks, it is what its client speaks. */
  protected override meshProtocol(): string {
    return this.#undeclared && this.downstream.protocol === "http/2" ? "http/2" : "";
  }

  protected override connectReason(reason: ReasonCode): ReasonCode {
    return reason;
  }

  protected override clear(): void {
    super.clear();
    this.#balancer = null;
  }
}
