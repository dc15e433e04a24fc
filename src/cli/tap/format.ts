import type { TapRecord } from "../../api/contract.ts";
import { formatDuration } from "../../lib/duration.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";

/**
 * One finished request as a line: time, source → destination, what was asked, what came of it, how long,
 * how much, and who the peer was. Everything from the wire is made safe for the terminal.
 */
export function formatTapLine(record: TapRecord, style: Style, wide = false): string {
  const parts = [
    style.dim(record.time.slice(11, 23)),
    record.direction === "inbound" ? "in " : "out",
    `${printable(record.source || "unknown")} → ${printable(record.destination || record.service || "unknown")}`,
    request(record),
    outcome(record, style),
    formatLatency(record.latencyMs),
    `${formatBytes(record.requestBytes)}/${formatBytes(record.responseBytes)}`,
    record.mtls ? style.good(`mtls=${shortIdentity(record.peerIdentity) || "yes"}`) : style.warn("mtls=no"),
  ];
  if (record.reason) parts.push(style.warn(`reason=${printable(record.reason)}`));
  if (wide) parts.push(...wideParts(record));
  return parts.join("  ");
}

function request({ protocol, method, authority, path }: TapRecord): string {
  if (method === "") return printable(protocol || "tcp");
  return `${printable(method)} ${printable(authority)}${printable(path)}`;
}

function outcome({ status, grpcStatus, method }: TapRecord, style: Style): string {
  if (method === "") return "closed";
  if (grpcStatus !== null && status === 200) return (grpcStatus === 0 ? style.good : style.warn)(`grpc ${grpcStatus}`);
  if (status === 0) return style.bad("reset");
  if (status >= 500) return style.bad(String(status));
  return status >= 400 ? style.warn(String(status)) : style.good(String(status));
}

function wideParts(record: TapRecord): string[] {
  const { proxy, route, attempts, sourceAddress, destinationAddress, requestId } = record;
  const named: [string, string][] = [
    ["proxy", proxy],
    ["route", route],
    ["tries", attempts > 1 ? String(attempts) : ""],
    ["src", sourceAddress],
    ["dst", destinationAddress],
    ["id", requestId],
  ];
  return named.filter(([, value]) => value !== "").map(([name, value]) => `${name}=${printable(value)}`);
}

/** `850µs`, `12.3ms`, `1s200ms`. */
export function formatLatency(latencyMs: number): string {
  if (latencyMs < 1) return `${Math.round(latencyMs * 1000)}µs`;
  return latencyMs < 1000 ? `${latencyMs.toFixed(1)}ms` : formatDuration(latencyMs);
}

/** `512B`, `1.5KiB`, `3.0MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)}${units[unit]}`;
}

/** `spiffe://cluster.local/ns/default/sa/api1` → `default/api1`; other identities stay as they are. */
function shortIdentity(identity: string): string {
  const match = /^spiffe:\/\/[^/]+\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(identity);
  return printable(match ? `${match[1]}/${match[2]}` : identity);
}
