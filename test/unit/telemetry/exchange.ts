import type { LoggedExchange } from "../../../src/telemetry/access-log.ts";

export function exchange(over: Partial<LoggedExchange> = {}): LoggedExchange {
  return {
    direction: "outbound",
    protocol: "http/1.1",
    startUnixMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    durationMs: 1.23456,
    method: "GET",
    authority: "api",
    path: "/items",
    status: 200,
    grpcStatus: -1,
    requestBytes: 0,
    responseBytes: 82,
    mtls: true,
    peerIdentity: "spiffe://cluster.local/ns/default/sa/api",
    reason: "",
    policy: "",
    requestId: "r-1",
    service: "default/api:80",
    routeLabel: "",
    source: "default/web",
    destination: "default/api",
    sourceAddress: "127.0.0.1:1",
    destinationAddress: "127.0.0.1:2",
    attempts: 1,
    ...over,
  };
}
