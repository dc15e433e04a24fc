/**
 * The one entry point through which the proxy, `explain` and every rule test reach a decision on a
 * request. In two steps, because time passes between them: the proxy calls the first, waits
 * `delayMs`, and calls the second; whoever only wants to know calls {@link decideOutbound}.
 */
import type { Random } from "../lib/random.ts";
import type { Refusal, RequestView } from "../policies/contract.ts";
import { chooseBackend } from "./backend.ts";
import type { CompiledBackend, CompiledRoute, InboundStack, OutboundStack } from "./contract.ts";
import { admission, policyError, totalDelayMs } from "./filters.ts";

const NO_ROUTE: Refusal = Object.freeze({ status: 404, reason: "no-route", policy: "" });

/** What was decided on one outbound request. One object may be reused for every request of a connection. */
export class OutboundDecision {
  route: CompiledRoute | null = null;
  /** How long the request is held before the second step. */
  delayMs = 0;
  /** Set: the proxy answers itself, and `backend` is null. */
  refusal: Refusal | null = null;
  backend: CompiledBackend | null = null;
}

/** First step: the route, and how long its filters hold the request. `nowMs` is wall-clock time. */
export function decideRoute(decision: OutboundDecision, stack: OutboundStack, request: RequestView, random: Random, nowMs: number): void {
  const route = stack.chooseRoute(request);
  decision.route = route;
  decision.delayMs = 0;
  decision.refusal = null;
  decision.backend = null;
  if (route === null) {
    decision.refusal = NO_ROUTE;
    return;
  }
  const delayMs = totalDelayMs(route.filters, request, random, nowMs);
  if (Number.isNaN(delayMs)) decision.refusal = policyError(route.label);
  else decision.delayMs = delayMs;
}

/** Second step, after the delay: a refusal, or the backend. Does nothing when the first step refused. */
export function decideBackend(decision: OutboundDecision, request: RequestView, random: Random, nowMs: number): void {
  const route = decision.route;
  if (route === null || decision.refusal !== null) return;
  decision.refusal = admission(route.filters, request, random, nowMs);
  if (decision.refusal !== null) return;
  const backend = chooseBackend(route, random);
  if (backend === null) {
    decision.refusal = { status: 500, reason: "no-backends", policy: route.label };
  } else if (backend.invalid !== "") {
    decision.refusal = { status: 500, reason: "invalid-backend", policy: `${route.label}: ${backend.invalid}` };
  } else {
    decision.refusal = admission(backend.filters, request, random, nowMs);
    if (decision.refusal === null) decision.backend = backend;
  }
}

/** Both steps at once, the delay counted as passed. */
export function decideOutbound(stack: OutboundStack, request: RequestView, random: Random, nowMs: number): OutboundDecision {
  const decision = new OutboundDecision();
  decideRoute(decision, stack, request, random, nowMs);
  decideBackend(decision, request, random, nowMs + decision.delayMs);
  return decision;
}

/** What was decided on one inbound request; may be reused like {@link OutboundDecision}. */
export class InboundDecision {
  /** How long the request is held before the second step. */
  delayMs = 0;
  /** Set: the proxy answers itself. */
  refusal: Refusal | null = null;
}

/** First step for an inbound request. */
export function decideDelay(decision: InboundDecision, stack: InboundStack, request: RequestView, random: Random, nowMs: number): void {
  const delayMs = totalDelayMs(stack.filters, request, random, nowMs);
  const failed = Number.isNaN(delayMs);
  decision.delayMs = failed ? 0 : delayMs;
  decision.refusal = failed ? policyError(stack.service) : null;
}

/** Second step, after the delay. Does nothing when the first refused. */
export function decideAdmission(decision: InboundDecision, stack: InboundStack, request: RequestView, random: Random, nowMs: number): void {
  if (decision.refusal === null) decision.refusal = admission(stack.filters, request, random, nowMs);
}

/** Both steps at once, the delay counted as passed. */
export function decideInbound(stack: InboundStack, request: RequestView, random: Random, nowMs: number): InboundDecision {
  const decision = new InboundDecision();
  decideDelay(decision, stack, request, random, nowMs);
  decideAdmission(decision, stack, request, random, nowMs + decision.delayMs);
  return decision;
}
