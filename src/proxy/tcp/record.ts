import type { Clock } from "../../lib/clock.ts";
import type { ExchangeRecord, Transport } from "../contract.ts";
import { TrafficRecord } from "../exchange-record.ts";

/** A TCP connection's record, begun when it was accepted; completed and given to the observer. */
export interface OpenRecord {
  readonly record: ExchangeRecord;
  readonly startedMs: number;
}

export function openRecord(direction: "inbound" | "outbound", downstream: Transport, clock: Clock): OpenRecord {
  const { socket } = downstream;
  const record = new TrafficRecord(direction);
  record.protocol = "tcp";
  record.startUnixMs = clock.nowMs();
  record.mtls = downstream.mtls;
  record.peerIdentity = downstream.peerIdentity;
  record.sourceAddress = addressOf(socket.remoteAddress, socket.remotePort);
  return { record, startedMs: clock.monotonicMs() };
}

export function addressOf(host: string | undefined, port: number | undefined): string {
  if (host === undefined) return "";
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
