import assert from "node:assert/strict";
import { test } from "node:test";
import type { TraceDetail } from "../../../../src/api/contract.ts";
import { createStyle } from "../../../../src/cli/output/style.ts";
import { duration } from "../../../../src/cli/trace/span-cells.ts";
import { spanTree } from "../../../../src/cli/trace/tree.ts";
import { waterfall } from "../../../../src/cli/trace/waterfall.ts";
import { span, STORE, trace } from "./spans.ts";

function draw(detail: TraceDetail, width = 120, namespace = "default"): string {
  return waterfall(detail, { width, namespace, style: createStyle(false) }).join("\n");
}

test("a trace through two services, one call of which fails", () => {
  assert.equal(
    draw(STORE),
    `\
SPAN                 SERVICE   REQUEST      STATUS            DURATION   0                                        20.0ms
out shopper → web    web:80    GET /items   200                 20.0ms   ███████████████████████████████████████████████
 in  shopper → web   web:80    GET /items   200                 18.9ms    █████████████████████████████████████████████
  out web → api1     api:80    GET /items   200                 7.50ms       ██████████████████
   in  web → api1    api:80    GET /items   200                 6.90ms        █████████████████
  out web → api:80   api:80    GET /items   503 fault-abort     8.04ms                            ████████████████████`,
  );
});

test("another namespace than one's own is said", () => {
  assert.match(draw(STORE, 120, "shop"), /^out default\/shopper → default\/web +default\/web:80 /m);
});

test("a narrow terminal wraps, and keeps its bars", () => {
  const lines = draw(STORE, 40).split("\n");
  assert.equal(lines[1]?.split("█").length, 17);
});

test("nothing of a span reaches beyond the edges, and the shortest is seen", () => {
  const bars = draw(trace(10, [span("a", "", 0, 10), span("b", "a", 10, 0), span("c", "a", 9.999, 3), span("d", "a", 0, 0.0001)]), 120)
    .split("\n")
    .slice(1)
    .map((line) => line.slice(line.indexOf("█")));
  assert.ok(bars.every((bar) => /^█+$/.test(bar)));
  assert.deepEqual(
    bars.slice(1).map(({ length }) => length),
    [1, 1, 1],
  );
});

test("a trace that took no time is drawn too", () => {
  assert.match(draw(trace(0, [span("a", "", 0, 0)])), / 0µs +█/);
});

test("gRPC by its method and status, other outcomes by their reason, paths cut, controls escaped", () => {
  const detail = trace(1, [
    span("a", "", 0, 1, { protocol: "grpc", method: "POST", path: "/shop.v1.Cart/Add", grpcStatus: 14, error: true }),
    span("b", "", 0, 1, { status: 0, reason: "upstream-reset", error: true }),
    span("c", "", 0, 1, { path: `/${"x".repeat(100)}`, source: "10.0.0.1", destination: "", service: "" }),
    span("d", "", 0, 1, { path: "/\u001b[31m" }),
  ]);
  const text = draw(detail);
  assert.match(text, / shop\.v1\.Cart\/Add +grpc 14 /);
  assert.match(text, / no answer upstream-reset /);
  assert.match(text, /^out 10\.0\.0\.1 → unknown +- +GET \/x{34}… /m);
  assert.match(text, /\/\\x1b\[31m /);
});

test("with colours the columns stay where they are", () => {
  const coloured = waterfall(STORE, { width: 120, namespace: "default", style: createStyle(true) }).join("\n");
  assert.notEqual(coloured, draw(STORE));
  // oxlint-disable-next-line no-control-regex -- the colours
  assert.equal(coloured.replace(/\u001b\[\d+m/g, ""), draw(STORE));
});

test("children stand below their parents, by start; strays and circles stand there once", () => {
  const tree = spanTree([
    span("late", "top", 5, 1),
    span("top", "elsewhere", 0, 9),
    span("early", "top", 1, 1),
    span("below", "late", 6, 1),
    span("x", "y", 2, 1),
    span("y", "x", 3, 1),
  ]);
  assert.deepEqual(
    tree.map(({ span: { spanId }, depth }) => `${depth} ${spanId}`),
    ["0 top", "1 early", "1 late", "2 below", "0 x", "1 y"],
  );
});

for (const [ms, text] of [
  [0, "0µs"],
  [0.0004, "0µs"],
  [0.35, "350µs"],
  [0.9994, "999µs"],
  [0.9996, "1.00ms"],
  [9.994, "9.99ms"],
  [9.996, "10.0ms"],
  [99.94, "99.9ms"],
  [123.4, "123ms"],
  [999.6, "1.00s"],
  [61_000, "61.0s"],
] as const) {
  test(`${ms} ms is ${text}`, () => assert.equal(duration(ms), text));
}
