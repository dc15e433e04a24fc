import type { EndpointState, InboundStack } from "../../decide/contract.ts";
import { InboundDecision, decideAdmission, decideDelay } from "../../decide/decision.ts";
import type { PathRefusal } from "../../match/path.ts";
import { HEADER } from "../../messages/names.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import { Protocol } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { Failure } from "../http1/codec/failure.ts";
import { FORM_AUTHORITY } from "../http1/codec/target.ts";
import { AnsweringExchange } from "../http/answering-exchange.ts";
import type { EndpointPool } from "../pool/endpoint-pool.ts";
import { sourceLabel } from "./peer-source.ts";
import type { InboundSide } from "./inbound-side.ts";

/** A request for the application beside this proxy: policies, then the application. */
export class InboundExchange extends AnsweringExchange {
  readonly #in: InboundSide;

  readonly #decision = new InboundDecision();
  #stack: InboundStack | null = null;

  constructor(side: InboundSide) {
    super(side, "inbound");
    this.#in = side;
  }

  protected override openView(): Failure | PathRefusal | null {
    const { downstream } = this;
    const refused = downstream.openView(this.view, false, this.#in.fallbackHost);
    const { transport, source } = downstream;
    // What the peer's proxy calls its workload; believed only beside a proven identity, and no proof itself.
    const named = transport.mtls ? downstream.request.internal(HEADER.SOURCE) : "";
    this.record.source = sourceLabel(source, named === "" ? undefined : named, downstream.remoteAddress);
    return refused;
  }

  protected override decide(): void {
    const { record, view } = this;
    record.destination = this.#in.selfLabel;
    const stack = this.#in.stack();
    if (stack === undefined) {
      this.fail("no-config");
      return;
    }
    record.service = stack.service;
    if (view.form === FORM_AUTHORITY) {
      this.fail("bad-request");
      return;
    }
    this.#stack = stack;
    decideDelay(this.#decision, stack, view, this.side.engine.random, record.startUnixMs);
    if (this.#decision.refusal !== null) this.failBy(this.#decision.refusal);
    else this.holdFor(this.#decision.delayMs);
  }

  protected override admit(): void {
    const { random, clock } = this.side.engine;
    const decision = this.#decision;
    // The clock is asked again only when time has passed on purpose.
    decideAdmission(
      decision,
      this.#stack as InboundStack,
      this.view,
      random,
      decision.delayMs > 0 ? clock.nowMs() : this.record.startUnixMs,
    );
    if (decision.refusal !== null) this.failBy(decision.refusal);
    else this.useEndpoint(this.#in.preferredApp, false);
  }

  /** Some runtimes listen on one address family of loopback only. */
  protected override tryAnother(reason: ReasonCode): void {
    const other = this.#in.otherApp(this.tries.tried);
    if (other === null) this.fail(reason);
    else this.useEndpoint(other, false);
  }

  /** There is one application: its other address is for one that has never answered. */
  protected override hasAnother(): boolean {
    return false;
  }

  override tryBegan(state: EndpointState): void {
    state.inFlight += 1;
  }

  override tryEnded(state: EndpointState, _nowMs: number, _rttMs: number, failed: boolean): void {
    state.inFlight -= 1;
    if (!failed) this.#in.preferredApp = state;
  }

  protected override poolOf(state: EndpointState): EndpointPool {
    return this.#in.shared.pools.of(state, this.#appSpeaksHttp2());
  }

  /** What the port declares; where it declares nothing, what the client speaks. */
  #appSpeaksHttp2(): boolean {
    const { protocol } = this.#stack as InboundStack;
    if (protocol === Protocol.GRPC || protocol === Protocol.HTTP2) return true;
    if (protocol === Protocol.HTTP) return false;
    const { downstream } = this;
    if (!downstream.transport.mtls) return downstream.protocol === "http/2";
    return downstream.request.internal(HEADER.PROTOCOL) === "http/2";
  }

  /** Nothing about the mesh is told to the application. */
  protected override meshSource(): string {
    return "";
  }

  protected override meshProtocol(): string {
    return "";
  }

  protected override connectReason(_reason: ReasonCode): ReasonCode {
    return "app-unreachable";
  }

  protected override clear(): void {
    super.clear();
    this.#stack = null;
  }
}
