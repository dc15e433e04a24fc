import type { TapRecord } from "../../api/contract.ts";
import type { Header, TapEvent } from "../../messages/gen/meshctl/telemetry/v1/telemetry.ts";

/** A proxy's event as the API shows it. `proxy` is who really sent it, by its certificate. */
export function recordOf(event: TapEvent, proxy: string): TapRecord {
  return {
    time: new Date(Number(event.startUnixUs) / 1000).toISOString(),
    proxy,
    direction: event.direction === "inbound" ? "inbound" : "outbound",
    protocol: event.protocol,
    source: event.source,
    destination: event.destination,
    service: event.service,
    method: event.method,
    authority: event.authority,
    path: event.path,
    status: event.status,
    grpcStatus: event.grpcStatus ?? null,
    latencyMs: Number(event.durationUs) / 1000,
    requestBytes: Number(event.requestBytes),
    responseBytes: Number(event.responseBytes),
    mtls: event.mtls,
    peerIdentity: event.peerIdentity,
    reason: event.reason,
    requestId: event.requestId,
    route: event.route,
    attempts: event.attempts,
    sourceAddress: event.sourceAddress,
    destinationAddress: event.destinationAddress,
    requestHeaders: headers(event.requestHeaders),
    responseHeaders: headers(event.responseHeaders),
  };
}

/** Several lines of one name joined as HTTP allows. Names come from the network: no plain object is indexed by them. */
function headers(lines: readonly Header[]): Readonly<Record<string, string>> {
  const joined = new Map<string, string>();
  for (const { name, value } of lines) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(joined);
}
