import type { Clock } from "../../lib/clock.ts";
import type { ExchangeRecord, Transport } from "../contract.ts";

/** A TCP connection's record, begun when it was accepted; completed and given to the observer. */
export interface OpenRecord {
  readonly record: ExchangeRecord;
  readonly startedMs: number;
}

export function openRecord(direction: "inbound" | "outbound", downstream: Transport, clock: Clock): OpenRecord {
  const { socket } = downstream;
  const record: ExchangeRecord = {
    direction,
    protocol: "tcp",
    startUnixMs: clock.nowMs(),
    durationMs: 0,
    method: "",
    authority: "",
    path: "",
    status: 0,
    requestBytes: 0,
    responseBytes: 0,
    mtls: downstream.mtls,
    peerIdentity: downstream.peerIdentity,
    reason: "",
    policy: "",
    requestId: "",
    service: "",
    routeLabel: "",
    source: "",
    destination: "",
    sourceAddress: addressOf(socket.remoteAddress, socket.remotePort),
    destinationAddress: "",
    attempts: 0,
    requestHeaders: [],
    responseHeaders: [],
  };
  return { record, startedMs: clock.monotonicMs() };
}

export function addressOf(host: string | undefined, port: number | undefined): string {
  if (host === undefined) return "";
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
