import type { Inbound, Outbound, ProxyConfig } from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { Authorization } from "../../../src/messages/gen/meshctl/policy/v1/authorization.ts";
import type { Configuration } from "../pair/contract.ts";
import { metricBy, metricSum, type ProxyView, resourceOf } from "./admin.ts";
import { RULES, ROUTE_ORIGIN } from "./rules.ts";

/** JSON of a message: its bytes came as base64. */
type Dumped<T> = { readonly [K in keyof T]: T[K] extends Buffer ? string : T[K] extends (infer E)[] ? readonly Dumped<E>[] : T[K] };

/** 1 % */
export const TRACES_PER_MILLION = 10_000;

/** What a proxy says of itself, and how many spans the controller got from it. */
export interface Witnessed {
  readonly view: ProxyView;
  readonly instance: string;
  readonly spans: number;
}

const EXCHANGES = "meshctl_exchanges_total";

/** Judges a pair by what its two proxies say of themselves after the load. */
export function activeFeatures(calling: Witnessed, answering: Witnessed, destination: string): Configuration {
  const [caller, called] = [calling.view, answering.view];
  const routes = resourceOf<Dumped<Outbound>>(caller, "Outbound", destination)?.routes.length ?? 0;
  const rules = accessRules(resourceOf<Dumped<Inbound>>(called, "Inbound", answering.instance));
  const routed = metricSum(caller, EXCHANGES, { direction: "outbound", reason: "", route: `${ROUTE_ORIGIN} rule ${routes - 1}` });
  const counted = metricSum(caller, EXCHANGES, { direction: "outbound", reason: "" });
  const served = metricSum(called, EXCHANGES, { direction: "inbound", reason: "", mtls: "true" });
  const levels = [caller.logLevel, called.logLevel];
  const accessLog = levels.some((level) => level === "debug" || level === "trace");
  const spoken = [...metricBy(caller, "meshctl_mesh_connections_opened_total", "alpn")].map(([alpn, count]) => `${alpn} (${count} opened)`);
  const rates = [calling, answering].map(({ view, instance }) => tracesPerMillion(view, instance));
  const sampled = calling.spans > 0 && answering.spans > 0;
  const traced = sampled && rates.every((rate) => rate === TRACES_PER_MILLION);
  const checks: readonly (readonly [ok: boolean, what: string])[] = [
    [routes >= RULES && routed > 0, "routing"],
    [rules >= RULES, "access policy"],
    [counted > 0 && served > 0, "metrics"],
    [!accessLog, "access log off"],
    [traced, "1 % traces"],
  ];
  return {
    lines: [
      `between the two: ${spoken.join(", ") || "nothing"}, TLS 1.3, both verified by SPIFFE id (P-256), as the caller's admin port says`,
      `routes: ${routes} rules in force, the last took ${routed} requests; access list: ${rules} rules in force`,
      `metrics: ${metricSum(caller, EXCHANGES)} exchanges counted by the caller's proxy, ${metricSum(called, EXCHANGES)} by the called one's; access log ${accessLog ? "ON" : "off"} (log level ${levels.join(", ")})`,
      `traces: of a million ${rates.join(" and ")} begin one; the controller got ${calling.spans} and ${answering.spans} spans`,
      `V8 flags: ${[caller, called].map(({ nodeFlags }) => nodeFlags.join(" ") || "none").join("; ")}`,
    ],
    off: checks.filter(([ok]) => !ok).map(([, what]) => what),
  };
}

function tracesPerMillion(view: ProxyView, instance: string): number {
  return resourceOf<Dumped<ProxyConfig>>(view, "ProxyConfig", instance)?.tracesPerMillion ?? 0;
}

function accessRules(inbound: Dumped<Inbound> | undefined): number {
  const config = inbound?.ports[0]?.policies.find(({ id }) => id === "authorization")?.config;
  return config === undefined ? 0 : Authorization.decode(Buffer.from(config as unknown as string, "base64")).rules.length;
}
