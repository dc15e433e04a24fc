import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatQuery, StatRow } from "../../../../src/api/contract.ts";
import { HttpError } from "../../../../src/controller/http.ts";
import { parseStatQuery } from "../../../../src/controller/stat/query.ts";
import { summarise } from "../../../../src/controller/stat/summary.ts";
import { TrafficWindow } from "../../../../src/controller/stat/window.ts";
import type { WindowPoint } from "../../../../src/controller/stat/read-traffic.ts";
import { PausedClock } from "../../../support/paused-clock.ts";
import type { OpenEdge } from "../../../../src/telemetry/open-edges.ts";
import { durations, edge, exchanges } from "./points.ts";

function rows(points: readonly WindowPoint[], query: Partial<StatQuery> = {}, open: readonly OpenEdge[] = []): readonly StatRow[] {
  const window = new TrafficWindow(new PausedClock(1_000_000));
  for (const point of points) window.add(point);
  return summarise(window.last(60_000).cells, open, { kind: "service", seconds: 60, ...query }, 10_000);
}

function counts(all: readonly StatRow[]): Record<string, number> {
  return Object.fromEntries(all.map(({ namespace, name, requests }) => [`${namespace}/${name}`, requests]));
}

test("one row, all its figures", () => {
  const aborted = edge({ destination: "", mtls: false });
  const [row, ...others] = rows([
    exchanges(edge(), 60),
    exchanges(edge(), 10, 404),
    exchanges(aborted, 30, 503, "fault-abort"),
    durations(edge(), 70, 2_000),
    durations(aborted, 30, 100),
    { what: "request-bytes", edge: edge(), bytes: 7 },
    { what: "response-bytes", edge: edge(), bytes: 9 },
  ]);
  assert.deepEqual(others, []);
  assert.ok(row?.p50Ms && row.p99Ms);
  assert.ok(Math.abs(row.p50Ms - 2) < 0.022 && Math.abs(row.p99Ms - 2) < 0.022);
  const { p50Ms: _p50, p95Ms: _p95, p99Ms: _p99, ...rest } = row;
  assert.deepEqual(rest, {
    namespace: "default",
    name: "api",
    service: null,
    meshedShare: 1,
    requests: 100,
    successes: 70,
    successRate: 0.7,
    requestsPerSecond: 10,
    statuses: { 200: 60, 404: 10, 503: 30 },
    tcpConnections: 0,
    tcpOpen: 0,
    detectionTimeouts: 0,
    requestBytes: 7,
    responseBytes: 9,
  });
});

test("each request counts once: at its caller's proxy, or where it came in in plaintext", () => {
  const both = [exchanges(edge(), 4), exchanges(edge({ direction: "inbound" }), 4)];
  assert.deepEqual(counts(rows(both)), { "default/api": 4 });
  const plaintext = exchanges(edge({ direction: "inbound", source: "_outside_", mtls: false }), 1);
  const [row] = rows([...both, plaintext]);
  assert.deepEqual([row?.requests, row?.meshedShare], [5, 0.8]);
});

test("no answer and 5xx fail; the rest succeeds", () => {
  const [row] = rows([
    exchanges(edge(), 1, 0, "upstream-reset"),
    exchanges(edge(), 1, 500),
    exchanges(edge(), 1, 499),
    exchanges(edge(), 1, 101),
  ]);
  assert.deepEqual([row?.requests, row?.successes, row?.successRate], [4, 2, 0.5]);
});

test("a gRPC call fails by its own status; a caller's mistake does not count against the service", () => {
  const calls = edge({ protocol: "grpc" });
  const [row] = rows([exchanges(calls, 5, 200, "", 0), exchanges(calls, 2, 200, "", 14), exchanges(calls, 3, 200, "", 3)]);
  assert.deepEqual([row?.requests, row?.successes], [10, 8]);
});

test("TCP connections are no requests; those turned away at the door are nothing", () => {
  const ledger = edge({ protocol: "tcp", service: "default/ledger:9000" });
  const refused = edge({ ...ledger, direction: "inbound", mtls: false, source: "_outside_" });
  const [row, ...others] = rows([exchanges(ledger, 3, 0), durations(ledger, 3, 9), exchanges(refused, 5, 0, "plaintext-refused")]);
  assert.deepEqual(others, []);
  assert.deepEqual([row?.tcpConnections, row?.requests, row?.successRate, row?.p50Ms, row?.meshedShare], [3, 0, null, null, 1]);
});

test("rows and filters: kind, name, namespace, from, to", () => {
  const points = [
    exchanges(edge(), 1),
    exchanges(edge({ source: "default/shopper", service: "default/web:80", destination: "default/web" }), 2),
    exchanges(edge({ source: "shop/web", service: "shop/api:80", destination: "shop/api" }), 4),
    exchanges(edge({ destination: "", mtls: false }), 8, 503),
    exchanges(edge({ service: "", destination: "" }), 16, 502),
    exchanges(edge({ service: "_other_", source: "_other_", destination: "_other_" }), 32),
  ];
  const asked = (query: Partial<StatQuery>) => counts(rows(points, query));
  assert.deepEqual(asked({}), { "default/api": 9, "default/web": 2, "shop/api": 4 });
  assert.deepEqual(asked({ namespace: "shop" }), { "shop/api": 4 });
  assert.deepEqual(asked({ name: "api" }), { "default/api": 9, "shop/api": 4 });
  assert.deepEqual(asked({ from: "web" }), { "default/api": 9 });
  assert.deepEqual(asked({ from: "shop/web" }), { "shop/api": 4 });
  assert.deepEqual(asked({ to: "api1" }), { "default/api": 1 });
  assert.deepEqual(asked({ kind: "workload" }), { "default/api1": 1, "default/web": 2, "shop/api": 4 });
  assert.deepEqual(asked({ kind: "workload", to: "api" }), { "default/web": 9 });
  assert.deepEqual(asked({ kind: "workload", namespace: "shop", to: "api" }), { "shop/web": 4 });
});

test("open TCP connections stand in the rows of their service, its callers and its workloads, once each", () => {
  const ledger = edge({ protocol: "tcp", service: "default/ledger:9000", destination: "default/ledger1" });
  const open: readonly OpenEdge[] = [
    { labels: ledger, open: 3 },
    { labels: { ...ledger, source: "default/shopper" }, open: 1 },
    { labels: { ...ledger, direction: "inbound" }, open: 4 },
    { labels: { ...ledger, direction: "inbound", mtls: false, source: "_outside_" }, open: 2 },
  ];
  const asked = (query: Partial<StatQuery>) => Object.fromEntries(rows([], query, open).map(({ name, tcpOpen }) => [name, tcpOpen]));
  assert.deepEqual(asked({}), { ledger: 6 });
  assert.deepEqual(asked({ kind: "workload" }), { ledger1: 6 });
  assert.deepEqual(asked({ kind: "workload", to: "ledger" }), { web: 3, shopper: 1, "-": 2 });
  assert.deepEqual(asked({ from: "web" }), { ledger: 3 });
  const [row] = rows([{ what: "detection-timeouts", edge: ledger, count: 5 }], {}, open);
  assert.deepEqual([row?.detectionTimeouts, row?.tcpOpen, row?.tcpConnections, row?.requests], [5, 6, 0, 0]);
});

test("rows by route: each rule of each service, as its callers chose it", () => {
  const by = (route: string, over: Parameters<typeof edge>[0] = {}) => edge({ route, ...over });
  const points = [
    exchanges(by("HTTPRoute/default/split rule 0"), 4),
    exchanges(by("HTTPRoute/default/split rule 0"), 1, 500),
    durations(by("HTTPRoute/default/split rule 0"), 5, 2_000),
    exchanges(by("HTTPRoute/default/split rule 1", { destination: "default/api2" }), 2),
    durations(by("HTTPRoute/default/split rule 1"), 2, 8_000),
    exchanges(by("", { service: "default/web:80" }), 8),
    exchanges(edge({ direction: "inbound", mtls: false, source: "_outside_" }), 16),
  ];
  const asked = (query: Partial<StatQuery>) =>
    rows(points, { kind: "route", ...query }).map(({ namespace, service, name, requests, p50Ms }) => [
      namespace,
      service,
      name,
      requests,
      p50Ms === null ? null : Math.round(p50Ms),
    ]);
  const split = [
    ["default", "default/api:80", "HTTPRoute/default/split rule 0", 5, 2],
    ["default", "default/api:80", "HTTPRoute/default/split rule 1", 2, 8],
  ];
  assert.deepEqual(asked({}), [...split, ["default", "default/web:80", "", 8, null]]);
  assert.deepEqual(asked({ name: "split" }), split);
  assert.deepEqual(asked({ to: "api" }), split);
  assert.deepEqual(asked({ name: "other" }), []);
  // A service's row is the sum of its routes'.
  assert.deepEqual(counts(rows(points)), { "default/api": 23, "default/web": 8 });
});

test("callers outside the mesh are one row of those who asked", () => {
  const points = [
    exchanges(edge(), 4),
    exchanges(edge({ direction: "inbound", mtls: false, source: "_outside_" }), 3),
    exchanges(edge({ direction: "inbound", mtls: false, source: "_outside_", service: "default/web:80", destination: "default/web" }), 9),
  ];
  const asked = (query: Partial<StatQuery>) => counts(rows(points, { kind: "workload", ...query }));
  assert.deepEqual(asked({ to: "api", namespace: "default" }), { "/-": 3, "default/web": 4 });
  assert.deepEqual(asked({ to: "api", name: "web" }), { "default/web": 4 });
  assert.deepEqual(asked({}), { "default/api1": 7, "default/web": 9 });
});

test("a query string is read strictly", () => {
  const read = (text: string) => parseStatQuery(new URLSearchParams(text), 900);
  assert.deepEqual(read(""), { kind: "service", namespace: undefined, name: undefined, from: undefined, to: undefined, seconds: 60 });
  assert.deepEqual(read("kind=workload&namespace=shop&name=api&from=a&to=b/c&seconds=900"), {
    kind: "workload",
    namespace: "shop",
    name: "api",
    from: "a",
    to: "b/c",
    seconds: 900,
  });
  for (const text of ["kind=pod", "seconds=0", "seconds=901", "seconds=1e2", "name=A", "from=a/b/c", "nmae=api"]) {
    assert.throws(
      () => read(text),
      (error) => error instanceof HttpError && error.status === 400,
      text,
    );
  }
});
