import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { StatResponse, StatRow } from "../../../src/api/contract.ts";
import type { Exchange } from "../../../src/controller/http.ts";
import { type CliMesh, startCliMesh } from "../../support/cli.ts";

const ROW: StatRow = {
  namespace: "default",
  name: "api",
  service: null,
  meshedShare: 1,
  requests: 3_000,
  successes: 2_999,
  successRate: 2_999 / 3_000,
  requestsPerSecond: 50,
  p50Ms: 1.234,
  p95Ms: 45.6,
  p99Ms: 12_345,
  statuses: { 200: 2_999, 503: 1 },
  tcpConnections: 0,
  tcpOpen: 0,
  detectionTimeouts: 0,
  requestBytes: 0,
  responseBytes: 2_500_000,
};
const LEDGER: StatRow = {
  ...ROW,
  name: "ledger",
  meshedShare: null,
  requests: 0,
  successes: 0,
  successRate: null,
  requestsPerSecond: 0,
  p50Ms: null,
  p95Ms: null,
  p99Ms: null,
  statuses: {},
  tcpConnections: 7,
  tcpOpen: 2,
  responseBytes: 12,
};

let mesh: CliMesh;
let rows: StatRow[] = [];
const asked: string[] = [];

before(async () => {
  mesh = await startCliMesh();
  mesh.paths["GET /meshctl/v1/stat"] = ({ response, query }: Pick<Exchange, "response" | "query">) => {
    asked.push([...query].map(([name, value]) => `${name}=${value}`).join(" "));
    const answer: StatResponse = { since: "2026-01-02T03:04:00.000Z", until: "2026-01-02T03:05:00.000Z", rows };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  };
});
after(() => mesh.close());

test("the table, with dashes where there is nothing to say", async () => {
  rows = [ROW, LEDGER];
  const { code, stdout } = await mesh.cli(["stat"]);
  assert.equal(code, 0);
  const [heading, api, ledger] = stdout.split("\n").map((line) => line.trim().split(/\s{2,}/));
  assert.deepEqual(heading, ["NAME", "MESHED", "SUCCESS", "RPS", "P50", "P95", "P99", "TCP_OPEN", "TCP_CONN"]);
  // One failure in 3,000 is not 100 %.
  assert.deepEqual(api, ["api", "100.00%", "99.96%", "50.0", "1.2ms", "46ms", "12.3s", "0", "0"]);
  assert.deepEqual(ledger, ["ledger", "-", "-", "-", "-", "-", "-", "2", "7"]);
  assert.equal(asked.at(-1), "kind=service namespace=default seconds=60");
});

test("wide adds counts and bytes, -A the namespace", async () => {
  rows = [ROW];
  const { stdout } = await mesh.cli(["stat", "-A", "-o", "wide"]);
  const [heading, api] = stdout.split("\n").map((line) => line.trim().split(/\s{2,}/));
  assert.deepEqual(heading?.slice(-4), ["REQUESTS", "FAILURES", "SENT", "RECEIVED"]);
  assert.deepEqual([api?.[0], ...(api?.slice(-4) ?? [])], ["default", "3000", "1", "0B", "2.4MiB"]);
  assert.equal(asked.at(-1), "kind=service seconds=60");
});

test("what is asked for reaches the controller", async () => {
  rows = [];
  await mesh.cli(["stat", "workload", "web", "--from", "shop/x", "--to", "api", "-t", "5m", "--namespace", "other"]);
  assert.equal(asked.at(-1), "kind=workload namespace=other name=web from=shop/x to=api seconds=300");
});

test("as JSON and YAML it is the answer as it came", async () => {
  rows = [ROW];
  assert.deepEqual((JSON.parse((await mesh.cli(["stat", "-o", "json"])).stdout) as StatResponse).rows, [ROW]);
  assert.match((await mesh.cli(["stat", "-o", "yaml"])).stdout, /^since: .*\nuntil: .*\nrows:\n {2}- namespace: default\n {4}name: api\n/);
});

test("no traffic: a line that helps, and exit code 0", async () => {
  rows = [];
  const { code, stdout, stderr } = await mesh.cli(["stat", "-A", "-t", "90s"]);
  assert.deepEqual([code, stdout], [0, ""]);
  assert.match(stderr, /^No such traffic in any namespace in the last 1m30s\.\nProxies report every 5 s\./);
});

test("-w goes on until Ctrl-C, and shows what changed", async () => {
  rows = [ROW];
  const { code, stdout } = await mesh.cli(["stat", "-w"], {
    onOutput(text, interrupt) {
      rows = [{ ...ROW, requests: 4_000, requestsPerSecond: 60 }];
      if (text.includes("60.0")) interrupt("SIGINT");
    },
  });
  assert.equal(code, 0);
  assert.equal(stdout.match(/NAME/g)?.length, 2);
});

test("wrong words are refused before anything is asked", async () => {
  const before = asked.length;
  for (const [args, says] of [
    [["stat", "pod"], /"pod" is no kind of row/],
    [["stat", "-t", "20m"], /remembers traffic for 15m/],
    [["stat", "-t", "5"], /not a duration/],
  ] as const) {
    const { code, stderr } = await mesh.cli(args);
    assert.equal(code, 2);
    assert.match(stderr, says);
  }
  assert.equal(asked.length, before);
});

test("kinds and live names are completed", async () => {
  const complete = async (...words: string[]) => (await mesh.cli(["complete", "--", ...words])).stdout;
  assert.match(await complete("stat", ""), /svc[\s\S]*workload/);
});

test("rules of routes, each with its service", async () => {
  rows = [
    { ...ROW, name: "", service: "default/web:80" },
    { ...ROW, name: "HTTPRoute/default/split rule 1", service: "default/api:80" },
  ];
  const { code, stdout } = await mesh.cli(["stat", "route", "--to", "api"]);
  assert.equal(code, 0);
  const [heading, none, rule] = stdout.split("\n").map((line) => line.trim().split(/\s{2,}/));
  assert.deepEqual(heading?.slice(0, 3), ["SERVICE", "NAME", "MESHED"]);
  assert.deepEqual(none?.slice(0, 3), ["web:80", "-", "100.00%"]);
  assert.deepEqual(rule?.slice(0, 3), ["api:80", "HTTPRoute/default/split rule 1", "100.00%"]);
  assert.match(asked.at(-1) ?? "", /^kind=route /);
});
