import type { StatRow } from "../../api/contract.ts";
import type { Style } from "../output/style.ts";

const STAT_HEADERS: readonly string[] = ["name", "meshed", "success", "rps", "p50", "p95", "p99", "tcp_open", "tcp_conn"];
const WIDE_HEADERS: readonly string[] = ["requests", "failures", "sent", "received"];

export interface StatColumns {
  /** Rows are routes: each says what service it stands before. */
  readonly services: boolean;
  readonly namespaces: boolean;
  readonly wide: boolean;
}

export function statHeaders({ namespaces, services, wide }: StatColumns): string[] {
  return [...(namespaces ? ["namespace"] : []), ...(services ? ["service"] : []), ...STAT_HEADERS, ...(wide ? WIDE_HEADERS : [])];
}

export function statRow(row: StatRow, { namespaces, services, wide }: StatColumns, style: Style): string[] {
  const cells = [
    row.name,
    row.meshedShare === null ? "" : share(row.meshedShare),
    success(row, style),
    row.requests === 0 ? "" : rate(row.requestsPerSecond),
    latency(row.p50Ms),
    latency(row.p95Ms),
    latency(row.p99Ms),
    String(row.tcpOpen),
    String(row.tcpConnections),
  ];
  if (wide) cells.push(String(row.requests), String(row.requests - row.successes), bytes(row.requestBytes), bytes(row.responseBytes));
  if (services) cells.unshift(row.service?.slice(row.service.indexOf("/") + 1) ?? "");
  return namespaces ? [row.namespace, ...cells] : cells;
}

function success({ successRate }: StatRow, style: Style): string {
  if (successRate === null) return "";
  const text = share(successRate);
  if (successRate === 1) return style.good(text);
  return successRate >= 0.99 ? style.warn(text) : style.bad(text);
}

/** 100 % is only said of all: 99.999 % becomes 99.99%. */
function share(value: number): string {
  return `${(Math.floor(value * 10_000) / 100).toFixed(2)}%`;
}

function rate(perSecond: number): string {
  return perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toFixed(1);
}

function latency(ms: number | null): string {
  if (ms === null) return "";
  if (ms >= 10_000) return `${(ms / 1_000).toFixed(1)}s`;
  return ms >= 100 ? `${ms.toFixed(0)}ms` : `${ms.toPrecision(2)}ms`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1_024 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)}${UNITS[unit]}`;
}
