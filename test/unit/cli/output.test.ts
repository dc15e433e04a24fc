import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import type { ProxyStatus, TapRecord } from "../../../src/api/contract.ts";
import type { CheckResult } from "../../../src/check/contract.ts";
import { findCommand, commandWords } from "../../../src/cli/find.ts";
import { checkReport, formatJunit, formatResult, formatSummary } from "../../../src/cli/health/format.ts";
import { parseCount, parseDuration, parseHeaderMatch, parsePair, parsePort } from "../../../src/cli/options/values.ts";
import { colourWanted } from "../../../src/cli/output/colour.ts";
import { printable } from "../../../src/cli/output/printable.ts";
import { createStyle } from "../../../src/cli/output/style.ts";
import { formatTable, Table } from "../../../src/cli/output/table.ts";
import { describeProxy, proxyRow } from "../../../src/cli/proxies/format.ts";
import { formatBytes, formatLatency, formatTapLine } from "../../../src/cli/tap/format.ts";
import { UserError } from "../../../src/lib/errors.ts";

const plain = createStyle(false);

test("a table has columns three blanks apart and nothing after the last cell", () => {
  assert.deepEqual(
    formatTable(
      ["name", "ready"],
      [
        ["a-long-name", "yes"],
        ["b", ""],
        ["\u001b[32mgreen\u001b[39m", "no"],
      ],
    ),
    ["NAME          READY", "a-long-name   yes", "b             -", "\u001b[32mgreen\u001b[39m         no"],
  );
});

test("a table measures characters by the columns they take, and cuts nothing", () => {
  assert.deepEqual(
    formatTable(
      ["name", "note", "state"],
      [["日本語", "👍", "ok"], ["cafe\u0301", "", "\u001b[31mdown\u001b[39m"], ["x".repeat(300), "-", "ok"], ["short"]],
    ).map((line) => line.replace(/ {200,}/, "…")),
    ["NAME…NOTE   STATE", "日本語…👍     ok", "cafe\u0301…-      \u001b[31mdown\u001b[39m", `${"x".repeat(300)}   -      ok`, "short"],
  );
});

test("a table that goes on keeps the widths it had", () => {
  const table = new Table(["name", "age"]);
  assert.deepEqual(table.lines([["a-long-name", "1m"]]), ["a-long-name   1m"]);
  assert.deepEqual(table.lines([["b", "2m"]]), ["b             2m"]);
  assert.equal(table.heading(), "NAME          AGE");
});

test("colours go to terminals only", () => {
  const terminal = { write() {}, isTTY: true };
  const pipe = { write() {} };
  assert.equal(colourWanted(terminal, {}, undefined), true);
  assert.equal(colourWanted(pipe, {}, undefined), false);
  assert.equal(colourWanted(terminal, { NO_COLOR: "1" }, undefined), false);
  assert.equal(colourWanted(terminal, { NO_COLOR: "" }, undefined), true);
  assert.equal(colourWanted(terminal, { TERM: "dumb" }, undefined), false);
  assert.equal(colourWanted(terminal, {}, false), false);
  assert.equal(colourWanted(pipe, { FORCE_COLOR: "1" }, undefined), true);
  assert.equal(colourWanted(terminal, { FORCE_COLOR: "0" }, undefined), false);
});

const record: TapRecord = {
  time: "2026-03-01T12:00:00.123Z",
  proxy: "default/web",
  direction: "outbound",
  protocol: "http",
  source: "default/web",
  destination: "default/api1",
  service: "default/api:80",
  method: "GET",
  authority: "api",
  path: "/items",
  status: 200,
  grpcStatus: null,
  latencyMs: 3.14159,
  requestBytes: 0,
  responseBytes: 2048,
  mtls: true,
  peerIdentity: "spiffe://cluster.local/ns/default/sa/api1",
  reason: "",
  requestId: "r-1",
  route: "HTTPRoute/default/api-split",
  attempts: 2,
  sourceAddress: "127.0.0.1:1",
  destinationAddress: "127.0.0.1:2",
  requestHeaders: {},
  responseHeaders: {},
};

describe("tap lines", () => {
  it("say who asked whom for what, and what came of it", () => {
    assert.equal(
      formatTapLine(record, plain),
      "12:00:00.123  out  default/web → default/api1  GET api/items  200  3.1ms  0B/2.0KiB  mtls=default/api1",
    );
    assert.match(
      formatTapLine({ ...record, status: 0, reason: "fault-reset", mtls: false }, plain),
      / reset .* mtls=no {2}reason=fault-reset$/,
    );
    assert.match(
      formatTapLine(record, plain, true),
      / proxy=default\/web {2}route=\S+ {2}tries=2 {2}src=127.0.0.1:1 {2}dst=127.0.0.1:2 {2}id=r-1$/,
    );
    assert.match(formatTapLine({ ...record, protocol: "tcp", method: "", authority: "", path: "" }, plain), / {2}tcp {2}closed {2}/);
  });
  it("never pass control characters on to the terminal", () => {
    const line = formatTapLine({ ...record, path: "/\u001b]0;owned\u0007\n\u009b", authority: "a\rb" }, plain);
    assert.match(line, /a\\rb\/\\x1b\]0;owned\\x07\\n\\x9b/);
    assert.equal(printable(line), line);
  });
  it("show sizes and times for people", () => {
    assert.deepEqual([0, 1023, 1024, 1_572_864, 2 ** 40 * 5000].map(formatBytes), ["0B", "1023B", "1.0KiB", "1.5MiB", "5000.0TiB"]);
    assert.deepEqual([0.4321, 12.34, 1200].map(formatLatency), ["432µs", "12.3ms", "1s200ms"]);
  });
});

test("proxy-status shows a column a type, what is wrong stands in the details", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  const proxy: ProxyStatus = {
    namespace: "default",
    instance: "web",
    workload: "web",
    identity: "spiffe://cluster.local/ns/default/sa/web",
    version: "0.1.0",
    capabilities: ["h2"],
    connected: true,
    connectedSince: "2026-03-01T11:00:00Z",
    certificate: { serial: "0a", notBefore: "2026-03-01T00:00:00Z", notAfter: "2026-03-02T00:00:00Z" },
    sync: { Inbound: "SYNCED", Outbound: "NACK", Endpoints: "STALE", Trust: "SYNCED", ProxyConfig: "NOT SENT" },
    nacks: [{ type: "Outbound", name: "default/api:80", message: "bad\u001b[2J", at: "2026-03-01T11:59:00Z" }],
    address: "127.0.0.1:7",
    processes: 1,
    clockSkewMs: -4,
    overload: { state: "shedding", why: "requests wait 700 ms", refusedRequests: 12, refusedConnections: 3 },
    resources: [{ type: "Trust", name: "cluster.local", version: "0123456789abcdef", acked: true }],
  };
  assert.deepEqual(proxyRow(proxy, now, plain, false), [
    "web",
    "default",
    "0.1.0",
    "SYNCED",
    "NACK",
    "STALE",
    "SYNCED",
    "NOT SENT",
    "60m",
    "12h",
  ]);
  assert.deepEqual(proxyRow({ ...proxy, connected: false, certificate: null }, now, plain, true).slice(3), [
    "-",
    "-",
    "-",
    "-",
    "-",
    "no",
    "",
    "web",
    "1",
    "127.0.0.1:7",
    "-4ms",
    "shedding",
    "12/3",
    proxy.identity,
  ]);
  const text = describeProxy(proxy, now, plain).join("\n");
  assert.match(text, /Outbound: +NACK/);
  assert.match(text, /× Outbound default\/api:80 at 2026-03-01T11:59:00Z\n +bad\\x1b\[2J/);
  assert.match(text, /Load: +shedding: requests wait 700 ms\nTurned away: +12 requests, 3 connections\n/);
  assert.match(text, /Trust +cluster\.local +0123456789ab +yes/);
  assert.match(
    describeProxy({ ...proxy, certificate: { serial: "1", notBefore: "", notAfter: "2026-03-01T11:00:00Z" } }, now, plain).join("\n"),
    /expired 60m ago/,
  );
});

describe("check results", () => {
  const results: CheckResult[] = [
    { id: "a", section: "runtime", description: "a is so", result: "ok", reasons: [] },
    { id: "b", section: "proxies", description: "b is so", result: "error", reasons: ['x < y & "z"\u0001'], next: "do this\nor that" },
    { id: "c", section: "proxies", description: "c is so", result: "warning", reasons: ["w"] },
    { id: "d", section: "proxies", description: "d is so", result: "skipped", reasons: ["not checked: depends on b"] },
  ];
  it("read as linkerd's do", () => {
    const lines = results.flatMap((result, index) => formatResult(result, results[index - 1], plain));
    assert.deepEqual(lines.slice(0, 9), [
      "runtime",
      "-------",
      "√ a is so",
      "",
      "proxies",
      "-------",
      "× b is so",
      '    x < y & "z"\u0001',
      "    → do this",
    ]);
    assert.deepEqual(lines.slice(-4), ["‼ c is so", "    w", "- d is so", "    not checked: depends on b"]);
    assert.equal(formatSummary(results, plain), "Status check results are × (1 failed, 1 not checked, 1 with a warning, 1 fine)");
    assert.equal(formatSummary(results.slice(0, 1), plain), "Status check results are √ (1 fine)");
  });
  it("are JSON by section", () => {
    assert.deepEqual(checkReport(results.slice(0, 2)), {
      success: false,
      categories: [
        { categoryName: "runtime", checks: [{ id: "a", description: "a is so", result: "ok", reasons: [] }] },
        {
          categoryName: "proxies",
          checks: [{ id: "b", description: "b is so", result: "error", reasons: ['x < y & "z"\u0001'], hint: "do this\nor that" }],
        },
      ],
    });
  });
  it("are JUnit", () => {
    const text = formatJunit(results);
    assert.match(text, /<testsuite name="proxies" tests="3" failures="1" skipped="1">/);
    assert.match(text, /<failure message="x &lt; y &amp; &quot;z&quot;\ufffd">.*&#10;or that<\/failure>/);
    assert.match(text, /<system-out>warning: w<\/system-out>/);
  });
});

describe("option values", () => {
  const good: [(text: string) => unknown, string, unknown][] = [
    [parseDuration, "1h30m", 5_400_000],
    [parsePort, "65535", 65535],
    [parseCount, "20", 20],
    [parsePair, "a=b=c", { name: "a", value: "b=c" }],
    [parseHeaderMatch, "X-User: ann", { name: "x-user", value: "ann" }],
    [parseHeaderMatch, "x=1", { name: "x", value: "1" }],
  ];
  for (const [parse, text, expected] of good) it(`${parse.name} reads ${text}`, () => assert.deepEqual(parse(text), expected));
  const bad: [(text: string) => unknown, string[]][] = [
    [parseDuration, ["", "10", "-1s", "0s", "1.5s", "1d"]],
    [parsePort, ["0", "65536", "http", "80.0", "+80", " 80"]],
    [parseCount, ["0", "-1", "1e3", "9007199254740993"]],
    [parsePair, ["a", "=a", "a="]],
    [parseHeaderMatch, ["a b: c", "x", ":y", "x:"]],
  ];
  for (const [parse, texts] of bad) {
    for (const text of texts)
      it(`${parse.name} refuses "${text}"`, () =>
        assert.throws(
          () => parse(text),
          (error: unknown) => error instanceof UserError && error.exitCode === 2,
        ));
  }
});

test("the command is found among global options", () => {
  const entry = (...words: string[]) =>
    ({ words, aliases: words[0] === "proxy-status" ? ["ps"] : [], summary: "", load: async () => ({}) }) as never;
  const entries = [entry("get"), entry("route", "split"), entry("proxy-status")];
  const found = (line: string) => (findCommand(entries, line.split(" ")) as { words: string[] } | null)?.words.join(" ");
  assert.equal(found("get services"), "get");
  assert.equal(found("-n shop --context=x -v route split api"), "route split");
  assert.equal(found("route -n shop split api"), "route split");
  assert.equal(found("ps"), "proxy-status");
  assert.equal(found("route"), undefined);
  assert.equal(found("--help"), undefined);
  assert.equal(found("-- get"), undefined);
  assert.deepEqual(commandWords(["get", "--output", "route"]), ["get"]);
});
