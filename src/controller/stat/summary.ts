import type { StatQuery, StatRow } from "../../api/contract.ts";
import { addExponential, type Exponential, exponentialQuantile } from "../../telemetry/exponential.ts";
import type { OpenEdge } from "../../telemetry/open-edges.ts";
import { type EdgeLabels, OTHER, OUTSIDE } from "../../telemetry/traffic-deltas.ts";
import type { Cell } from "./window.ts";
import { isGrpcFailure } from "../../telemetry/grpc-failures.ts";

/** Everything of one row before shares and rates. */
interface Total {
  requests: number;
  successes: number;
  tcpConnections: number;
  tcpOpen: number;
  detectionTimeouts: number;
  requestBytes: number;
  responseBytes: number;
  mtls: number;
  plaintext: number;
  durations: Exponential | null;
  readonly statuses: Map<number, number>;
}

/**
 * Rows by name. Each request is counted once, where its caller sees it: at the caller's proxy, or, when the
 * caller has none, at the proxy it came in at in plaintext. `coveredMs` is what rates are per.
 */
export function summarise(cells: readonly Cell[], open: readonly OpenEdge[], query: StatQuery, coveredMs: number): StatRow[] {
  const totals = new Map<string, Total>();
  const subjects = new Map<string, Subject>();
  const totalOf = (edge: EdgeLabels): Total | null => {
    if (!seenByCaller(edge) || !matches(edge, query)) return null;
    const subject = subjectOf(edge, query);
    if (subject === null) return null;
    const key = `${subject.namespace}/${subject.service ?? ""}/${subject.name}`;
    let total = totals.get(key);
    if (total === undefined) {
      totals.set(key, (total = emptyTotal()));
      subjects.set(key, subject);
    }
    return total;
  };
  for (const cell of cells) {
    const total = totalOf(cell.edge);
    if (total !== null) addCell(total, cell);
  }
  for (const { labels, open: count } of open) {
    const total = totalOf(labels);
    if (total !== null) total.tcpOpen += count;
  }
  return [...totals]
    .filter(([, total]) => total.requests + total.tcpConnections + total.tcpOpen + total.detectionTimeouts > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, total]) => rowFrom(subjects.get(key) as Subject, total, coveredMs / 1_000));
}

function seenByCaller({ direction, mtls }: EdgeLabels): boolean {
  return direction === "outbound" || !mtls;
}

/** What a row is of. */
type Subject = Pick<StatRow, "namespace" | "name" | "service">;

/** Callers outside the mesh share a row: there is no end of addresses. */
const STRANGERS: Subject = Object.freeze({ namespace: "", name: "-", service: null });

/** The row an edge belongs to: who receives; with `to`, workloads who send. */
function subjectOf(edge: EdgeLabels, { kind, namespace, name, to }: StatQuery): Subject | null {
  const senders = kind === "workload" && to !== undefined;
  if (senders && edge.source === OUTSIDE) return name === undefined ? STRANGERS : null;
  const subject = kind === "workload" ? (senders ? edge.source : edge.destination) : serviceName(edge.service);
  const [within, own, ...rest] = subject.split("/");
  // Neither addresses nor SPIFFE ids are names.
  if (within === undefined || within === "" || own === undefined || own === "" || rest.length > 0 || subject.includes(OTHER)) return null;
  if (namespace !== undefined && within !== namespace) return null;
  if (kind === "route") {
    // Only the caller's side chooses one.
    if (edge.direction !== "outbound" || (name !== undefined && objectName(edge.route) !== name)) return null;
    return { namespace: within, name: edge.route, service: edge.service };
  }
  return name !== undefined && own !== name ? null : { namespace: within, name: own, service: null };
}

/** `HTTPRoute/default/split rule 0` → `split`. */
function objectName(route: string): string {
  return route.split(" ")[0]?.split("/")[2] ?? "";
}

function matches(edge: EdgeLabels, { from, to, namespace }: StatQuery): boolean {
  if (from !== undefined && edge.source !== qualified(from, namespace)) return false;
  if (to === undefined) return true;
  const wanted = qualified(to, namespace);
  return edge.destination === wanted || serviceName(edge.service) === wanted;
}

function qualified(name: string, namespace = "default"): string {
  return name.includes("/") ? name : `${namespace}/${name}`;
}

/** `default/api:80` → `default/api`. */
function serviceName(service: string): string {
  const at = service.lastIndexOf(":");
  return at < 0 ? service : service.slice(0, at);
}

function emptyTotal(): Total {
  return {
    requests: 0,
    successes: 0,
    tcpConnections: 0,
    tcpOpen: 0,
    detectionTimeouts: 0,
    requestBytes: 0,
    responseBytes: 0,
    mtls: 0,
    plaintext: 0,
    durations: null,
    statuses: new Map(),
  };
}

function addCell(total: Total, { edge, outcomes, durations, requestBytes, responseBytes, detectionTimeouts }: Cell): void {
  const tcp = edge.protocol === "tcp";
  let counted = 0;
  for (const { status, reason, grpcStatus, count } of outcomes.values()) {
    if (!tcp) {
      total.requests += count;
      total.statuses.set(status, (total.statuses.get(status) ?? 0) + count);
      if (status >= 100 && status < 500 && !isGrpcFailure(grpcStatus)) total.successes += count;
    } else if (edge.direction === "inbound" && reason !== "") {
      // Turned away before it was a connection of the service.
      continue;
    } else total.tcpConnections += count;
    counted += count;
  }
  if (edge.mtls) total.mtls += counted;
  // A request that was answered before it went anywhere says nothing about how it would have gone.
  else if (edge.direction === "inbound" || edge.destination !== "") total.plaintext += counted;
  if (!tcp && durations !== null) total.durations = addExponential(total.durations, durations);
  total.requestBytes += requestBytes;
  total.responseBytes += responseBytes;
  total.detectionTimeouts += detectionTimeouts;
}

function rowFrom({ namespace, name, service }: Subject, total: Total, seconds: number): StatRow {
  const quantile = (share: number): number | null => {
    const us = total.durations === null ? null : exponentialQuantile(total.durations, share);
    return us === null ? null : Math.round(us) / 1_000;
  };
  const { requests, successes, mtls, plaintext, tcpConnections, tcpOpen, detectionTimeouts, requestBytes, responseBytes } = total;
  return {
    namespace,
    name,
    service,
    meshedShare: mtls + plaintext === 0 ? null : mtls / (mtls + plaintext),
    requests,
    successes,
    successRate: requests === 0 ? null : successes / requests,
    requestsPerSecond: seconds > 0 ? requests / seconds : 0,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
    statuses: Object.fromEntries([...total.statuses].sort(([a], [b]) => a - b)),
    tcpConnections,
    tcpOpen,
    detectionTimeouts,
    requestBytes,
    responseBytes,
  };
}
