import type { ProxyStatus, SyncState } from "../../api/contract.ts";
import { formatAge } from "../../lib/age.ts";
import { RESOURCE_TYPES } from "../../messages/names.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";

export const PROXY_HEADERS: readonly string[] = ["name", "namespace", "version", ...RESOURCE_TYPES, "connected", "cert expires"];
export const PROXY_WIDE_HEADERS: readonly string[] = [
  ...PROXY_HEADERS,
  "workload",
  "processes",
  "address",
  "clock",
  "load",
  "refused",
  "identity",
];

/** One row of `proxy-status`. */
export function proxyRow(proxy: ProxyStatus, nowMs: number, style: Style, wide: boolean): string[] {
  const row = [
    proxy.instance,
    proxy.namespace,
    printable(proxy.version),
    ...RESOURCE_TYPES.map((type) => (proxy.connected ? sync(proxy.sync[type], style) : style.dim("-"))),
    connected(proxy, nowMs, style),
    expiry(proxy, nowMs, style),
  ];
  if (!wide) return row;
  return [
    ...row,
    proxy.workload,
    String(proxy.processes),
    proxy.address,
    clock(proxy.clockSkewMs),
    load(proxy, style),
    refused(proxy),
    printable(proxy.identity),
  ];
}

/** What `proxy-status NAME` shows: the same facts upright, what it holds, and why it refused. */
export function describeProxy(proxy: ProxyStatus, nowMs: number, style: Style): string[] {
  const facts: [string, string][] = [
    ["Name", `${proxy.namespace}/${proxy.instance}`],
    ["Workload", proxy.workload],
    ["Identity", printable(proxy.identity)],
    ["Version", `${printable(proxy.version)}${proxy.capabilities.length > 0 ? ` (${proxy.capabilities.map(printable).join(", ")})` : ""}`],
    ["Address", proxy.address],
    ["Processes", String(proxy.processes)],
    ["Connected", connected(proxy, nowMs, style)],
    ["Clock", clock(proxy.clockSkewMs)],
    ["Load", [load(proxy, style), printable(proxy.overload?.why ?? "")].filter(Boolean).join(": ")],
    [
      "Turned away",
      proxy.overload === null ? "unknown" : `${proxy.overload.refusedRequests} requests, ${proxy.overload.refusedConnections} connections`,
    ],
    [
      "Certificate",
      proxy.certificate ? `${proxy.certificate.serial}, ends ${proxy.certificate.notAfter} (${expiry(proxy, nowMs, style)})` : "none",
    ],
    ...RESOURCE_TYPES.map((type): [string, string] => [type, sync(proxy.sync[type], style)]),
  ];
  const lines = facts.map(([name, value]) => `${`${name}:`.padEnd(14)}${value || "-"}`);
  if (proxy.nacks.length > 0) {
    lines.push("", "Refused:");
    for (const { type, name, message, at } of proxy.nacks)
      lines.push(`  ${style.bad("×")} ${type} ${printable(name)} at ${at}`, `      ${printable(message)}`);
  }
  const resources = proxy.resources ?? [];
  if (resources.length > 0) {
    const rows = resources.map(({ type, name, version, acked }) => [
      type,
      printable(name),
      version.slice(0, 12),
      acked ? "yes" : style.warn("no"),
    ]);
    lines.push("", "Resources:", ...formatTable(["type", "name", "version", "acknowledged"], rows).map((line) => `  ${line}`));
  }
  return lines;
}

function sync(state: SyncState, style: Style): string {
  if (state === "SYNCED") return style.good(state);
  return state === "NOT SENT" ? style.dim(state) : style.bad(state);
}

function connected({ connected: isConnected, connectedSince }: ProxyStatus, nowMs: number, style: Style): string {
  if (!isConnected) return style.bad("no");
  return connectedSince === null ? "yes" : formatAge(nowMs - Date.parse(connectedSince));
}

function expiry({ certificate }: ProxyStatus, nowMs: number, style: Style): string {
  if (certificate === null) return "";
  const leftMs = Date.parse(certificate.notAfter) - nowMs;
  return leftMs <= 0 ? style.bad(`expired ${formatAge(-leftMs)} ago`) : formatAge(leftMs);
}

function load({ overload }: ProxyStatus, style: Style): string {
  if (overload === null) return "unknown";
  return overload.state === "normal" ? "normal" : style.bad(overload.state);
}

/** Requests and connections turned away. */
function refused({ overload }: ProxyStatus): string {
  return overload === null ? "unknown" : `${overload.refusedRequests}/${overload.refusedConnections}`;
}

function clock(skewMs: number | null): string {
  if (skewMs === null) return "unknown";
  return `${skewMs >= 0 ? "+" : "-"}${Math.abs(skewMs)}ms`;
}
