import { exponentialBucket } from "../../../../src/telemetry/exponential.ts";
import type { WindowPoint } from "../../../../src/controller/stat/read-traffic.ts";
import type { EdgeLabels } from "../../../../src/telemetry/traffic-deltas.ts";

export function edge(over: Partial<EdgeLabels> = {}): EdgeLabels {
  return {
    direction: "outbound",
    protocol: "http/1.1",
    service: "default/api:80",
    source: "default/web",
    destination: "default/api1",
    mtls: true,
    route: "",
    ...over,
  };
}

export function exchanges(of: EdgeLabels, count: number, status = 200, reason = "", grpcStatus = -1): WindowPoint {
  return { what: "exchanges", edge: of, status, reason, grpcStatus, count };
}

/** `count` requests that took `us` each. */
export function durations(of: EdgeLabels, count: number, us: number): WindowPoint {
  return { what: "durations", edge: of, histogram: { offset: exponentialBucket(us), counts: [count], zeros: 0 } };
}
