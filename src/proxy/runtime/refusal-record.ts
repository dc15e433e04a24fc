import type { Clock } from "../../lib/clock.ts";
import type { ConfigView, ExchangeRecord } from "../contract.ts";
import type { RefusedConnection } from "../tls/acceptor.ts";

/** A connection that never became one, as observers see it: whoever taps a workload wants to see who is turned away. */
export function refusalRecord(refusal: RefusedConnection, config: ConfigView, appPort: number, clock: Clock): ExchangeRecord {
  return {
    direction: "inbound",
    protocol: "tcp",
    startUnixMs: clock.nowMs(),
    durationMs: 0,
    method: "",
    authority: "",
    path: "",
    status: 0,
    requestBytes: 0,
    responseBytes: 0,
    mtls: false,
    peerIdentity: "",
    reason: refusal.reason,
    policy: "",
    requestId: "",
    service: config.inbound(appPort)?.service ?? "",
    routeLabel: "",
    // The caller's port differs each time: as a label of metrics only its host is of use.
    source: hostOf(refusal.from),
    destination: `${config.self.namespace}/${config.self.workload}`,
    sourceAddress: refusal.from,
    destinationAddress: `127.0.0.1:${appPort}`,
    attempts: 0,
    requestHeaders: [],
    responseHeaders: [],
  };
}

function hostOf(address: string): string {
  return address.slice(0, Math.max(0, address.lastIndexOf(":")));
}
