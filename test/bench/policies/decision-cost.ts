/** What the decision on one request costs, by the very functions the proxies call: nanoseconds, without sockets. */
import {
  decideAdmission,
  decideBackend,
  decideDelay,
  decideRoute,
  InboundDecision,
  OutboundDecision,
} from "../../../src/decide/decision.ts";
import { compileInbound } from "../../../src/decide/inbound.ts";
import { compileOutbound } from "../../../src/decide/outbound.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { InboundPort, MtlsMode, Outbound, type Policy, Protocol } from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { requestView } from "../../support/request-view.ts";
import { DESTINATION } from "../mesh/our-pair.ts";
import { idleFault, oneAccessRule, tenAccessRules, tenRules } from "../mesh/rules.ts";
import { nanoseconds } from "../micro.ts";
import type { Spread } from "../table.ts";

export interface DecisionCost {
  readonly what: string;
  readonly ns: Spread;
  /** Nanoseconds more than the first of its kind. */
  readonly more: number;
}

const views = Array.from({ length: 16 }, (_, index) => requestView(`/items/${index}`));

export function decisionCosts(calls: number): DecisionCost[] {
  return [
    ...compared(calls, [
      ["one route", outbound(1, [])],
      ["10 rules", outbound(10, [])],
      ["1,000 rules", outbound(1_000, [])],
      ["one route and a fault", outbound(1, [idleFault()])],
    ]),
    ...compared(calls, [
      ["inbound, no access rule", inbound([])],
      ["inbound, one access rule", inbound([oneAccessRule()])],
      ["inbound, 10 access rules", inbound([tenAccessRules()])],
      ["inbound, 11 access rules", inbound([tenAccessRules(1)])],
    ]),
  ];
}

type Decide = (index: number) => unknown;

function compared(calls: number, all: readonly (readonly [what: string, decide: Decide])[]): DecisionCost[] {
  const timed = all.map(([what, decide]) => {
    const [median, min, max] = nanoseconds(decide, calls);
    return { what, ns: { median, min, max } };
  });
  return timed.map((each) => ({ ...each, more: each.ns.median - (timed[0]?.ns.median ?? 0) }));
}

function outbound(rules: number, policies: Policy[]): Decide {
  const message = Outbound.fromPartial({ protocol: Protocol.HTTP, meshed: true, routes: tenRules(DESTINATION, rules), policies });
  const stack = compileOutbound(DESTINATION, message);
  const random = seededRandom(1);
  const decision = new OutboundDecision();
  return (index) => {
    const view = views[index & 15] as (typeof views)[number];
    decideRoute(decision, stack, view, random, 0);
    decideBackend(decision, view, random, 0);
    return decision.backend;
  };
}

function inbound(policies: Policy[]): Decide {
  const stack = compileInbound(InboundPort.fromPartial({ port: 80, protocol: Protocol.HTTP, mtls: MtlsMode.STRICT, policies }));
  const random = seededRandom(1);
  const decision = new InboundDecision();
  return (index) => {
    const view = views[index & 15] as (typeof views)[number];
    decideDelay(decision, stack, view, random, 0);
    decideAdmission(decision, stack, view, random, 0);
    return decision.refusal;
  };
}
