import type { Header, TapEvent } from "../../messages/gen/meshctl/telemetry/v1/telemetry.ts";
import type { ExchangeRecord } from "../contract.ts";
import { isSensitive, REDACTED } from "./redact.ts";

/** A record as it may leave the proxy: a copy, sensitive values replaced. */
export function tapEventOf(record: ExchangeRecord, proxy: string, sessionIds: readonly string[]): TapEvent {
  return {
    sessionIds: [...sessionIds],
    proxy,
    direction: record.direction,
    startUnixUs: Math.round(record.startUnixMs * 1_000),
    durationUs: Math.max(0, Math.round(record.durationMs * 1_000)),
    protocol: record.protocol,
    method: record.method,
    authority: record.authority,
    path: record.path,
    status: record.status,
    grpcStatus: record.grpcStatus < 0 ? undefined : record.grpcStatus,
    source: record.source,
    destination: record.destination,
    service: record.service,
    requestBytes: record.requestBytes,
    responseBytes: record.responseBytes,
    mtls: record.mtls,
    peerIdentity: record.peerIdentity,
    reason: record.reason,
    requestId: record.requestId,
    route: record.routeLabel,
    sourceAddress: record.sourceAddress,
    destinationAddress: record.destinationAddress,
    requestHeaders: headersOf(record.requestHeaders),
    responseHeaders: headersOf(record.responseHeaders),
    attempts: record.attempts,
  };
}

/** Name and value by turns → headers. */
function headersOf(lines: readonly string[]): Header[] {
  const headers: Header[] = [];
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const name = (lines[index] as string).toLowerCase();
    headers.push({ name, value: isSensitive(name) ? REDACTED : (lines[index + 1] as string) });
  }
  return headers;
}
