/** The route and the access list that ours runs with: ten rules each, and requests are let through by the last. */
import { MatchKind, type Policy, type Route, type RouteMatch } from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { AccessAction, type AccessRule, Authorization } from "../../../src/messages/gen/meshctl/policy/v1/authorization.ts";
import { Fault, type FaultRule } from "../../../src/messages/gen/meshctl/policy/v1/fault.ts";

const { EXACT, PREFIX } = MatchKind;

export const RULES = 10;
export const ROUTE_ORIGIN = "HTTPRoute/default/api";
export const ACCESS_ORIGIN = "AuthorizationPolicy/default/api";

function match(kind: MatchKind, value: string, method = "", header = ""): RouteMatch {
  const headers = header === "" ? [] : [{ name: header, match: { kind: EXACT, value: "on" } }];
  return { path: { kind, value }, headers, query: [], method };
}

/** What nine rules before the last one look for: nothing a benchmark asks for, and every kind of condition among it. */
const ELSEWHERE: readonly RouteMatch[] = [
  match(EXACT, "/healthz", "GET"),
  match(PREFIX, "/admin"),
  match(PREFIX, "/items", "POST"),
  match(PREFIX, "/items", "DELETE"),
  match(PREFIX, "/items", "", "x-canary"),
  match(PREFIX, "/orders", "GET"),
  match(EXACT, "/items/export"),
  match(PREFIX, "/", "", "x-debug"),
  match(PREFIX, "/", "TRACE"),
];

/** One route of ten rules, or of `count`; the last one takes everything to `endpoints`. */
export function tenRules(endpoints: string, count = RULES): Route[] {
  const matches = Array.from({ length: count - 1 }, (_, index) => {
    if (count === RULES) return ELSEWHERE[index] as RouteMatch;
    return match(PREFIX, `/service-${index}`, index % 3 === 0 ? "GET" : "");
  });
  return [...matches, match(PREFIX, "/")].map((each, ruleIndex) => ({
    origin: ROUTE_ORIGIN,
    ruleIndex,
    ruleName: "",
    matches: [each],
    backends: [{ endpoints, weight: 1, invalid: "", policies: [] }],
    policies: [],
  }));
}

/** A fault that looks at every request and acts on none: half of those to a path nobody asks for. */
export function idleFault(): Policy {
  const rule: FaultRule = {
    matches: [match(PREFIX, "/nowhere")],
    sources: [],
    delay: undefined,
    abort: { httpStatus: 503, basisPoints: 5_000 },
  };
  const config = Buffer.from(Fault.encode({ rules: [rule], expiresAtUnixMs: 0 }).finish());
  return { id: "fault", origin: "FaultInjection/default/api", config };
}

/** One rule that lets this very caller in. */
export function oneAccessRule(): Policy {
  const rule: AccessRule = {
    action: AccessAction.ALLOW,
    sources: [{ identity: "", namespace: "default", serviceAccount: "web" }],
    matches: [match(PREFIX, "/")],
    name: "",
  };
  return { id: "authorization", origin: ACCESS_ORIGIN, config: Buffer.from(Authorization.encode({ rules: [rule] }).finish()) };
}

/** Three denies and seven allows, of which the last holds for the caller `default/web`. */
export function tenAccessRules(extra = 0): Policy {
  const rule = (action: AccessAction, at: number, namespace: string, serviceAccount: string): AccessRule => ({
    action,
    sources: [{ identity: "", namespace, serviceAccount }],
    matches: [ELSEWHERE[at % ELSEWHERE.length] as RouteMatch],
    name: "",
  });
  const denies = [0, 1, 2].map((at) => rule(AccessAction.DENY, at, "default", "*"));
  const allows = Array.from({ length: 6 + extra }, (_, at) => rule(AccessAction.ALLOW, 3 + at, "default", "*"));
  const last: AccessRule = { ...rule(AccessAction.ALLOW, 0, "default", "web"), matches: [match(PREFIX, "/")] };
  const config = Buffer.from(Authorization.encode({ rules: [...denies, ...allows, last] }).finish());
  return { id: "authorization", origin: ACCESS_ORIGIN, config };
}
