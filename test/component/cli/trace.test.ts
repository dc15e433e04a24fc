import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { TraceList } from "../../../src/api/contract.ts";
import type { Exchange } from "../../../src/controller/http.ts";
import { type CliMesh, startCliMesh } from "../../support/cli.ts";
import { STORE, TRACE } from "../../unit/cli/trace/spans.ts";

let mesh: CliMesh;
let list: TraceList;
const asked: string[] = [];

before(async () => {
  mesh = await startCliMesh();
  const [first] = STORE.spans;
  assert.ok(first);
  const summary = { traceId: TRACE, start: new Date(Date.now() - 65_000).toISOString(), durationMs: 20, spans: 5, errors: 1, first };
  list = { traces: [summary], remembered: 7 };
  mesh.paths["GET /meshctl/v1/traces"] = ({ response, query }: Pick<Exchange, "response" | "query">) => {
    asked.push([...query].map(([name, value]) => `${name}=${value}`).join(" "));
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(list));
  };
  mesh.paths[`GET /meshctl/v1/traces/${TRACE.slice(0, 8)}`] = ({ response }: Pick<Exchange, "response">) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(STORE));
  };
});
after(() => mesh.close());

test("the list, a line for each trace", async () => {
  const { code, stdout } = await mesh.cli(["trace", "list"]);
  assert.equal(code, 0);
  const [heading, row] = stdout.split("\n").map((line) => line.trim().split(/\s{2,}/));
  assert.deepEqual(heading, ["TRACE", "AGE", "DURATION", "SPANS", "ERRORS", "FROM", "SERVICE", "REQUEST", "STATUS"]);
  assert.deepEqual(row, [TRACE.slice(0, 16), "65s", "20.0ms", "5", "1", "shopper", "web:80", "GET /items", "200"]);
  assert.equal(asked.at(-1), "namespace=default limit=20");
});

test("wide has whole ids, name nothing else, -A whole names", async () => {
  assert.match((await mesh.cli(["trace", "list", "-o", "wide"])).stdout, new RegExp(`^${TRACE} `, "m"));
  assert.equal((await mesh.cli(["trace", "list", "-o", "name"])).stdout, `${TRACE}\n`);
  assert.match((await mesh.cli(["trace", "list", "-A"])).stdout, / default\/shopper +default\/web:80 /);
  assert.equal(asked.at(-1), "limit=20");
});

test("what is asked for reaches the controller", async () => {
  const flags = ["--service", "api", "--workload", "shop/web", "--errors", "--min-duration", "1s200ms", "--since", "10m", "--limit", "5"];
  await mesh.cli(["trace", "list", ...flags, "--namespace", "other"]);
  assert.equal(asked.at(-1), "namespace=other service=api workload=shop/web errors=true minDurationMs=1200 seconds=600 limit=5");
});

test("as JSON and YAML they are the answers as they came", async () => {
  assert.deepEqual(JSON.parse((await mesh.cli(["trace", "list", "-o", "json"])).stdout), list);
  assert.match((await mesh.cli(["trace", "list", "-o", "yaml"])).stdout, /^remembered: 7$/m);
  assert.deepEqual(JSON.parse((await mesh.cli(["trace", "show", TRACE.slice(0, 8), "-o", "json"])).stdout), STORE);
  assert.match((await mesh.cli(["trace", "show", TRACE.slice(0, 8), "-o", "yaml"])).stdout, /^traceId: 0af7651916cd43dd8448eb211c80319c$/m);
});

test("the waterfall, by the first digits of the id, as wide as the terminal", async () => {
  const { code, stdout } = await mesh.cli(["trace", "show", TRACE.slice(0, 8).toUpperCase()]);
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines[0], `Trace ${TRACE}, 2026-01-02T03:04:05.000000Z, 20.0ms, 5 spans`);
  assert.equal(lines.length, 8);
  assert.ok(lines.slice(2).every((line) => line.length <= 120));
  assert.match(lines[7] ?? "", /^ {2}out web → api:80 +api:80 +GET \/items +503 fault-abort +8\.04ms +█+$/);
});

test("nothing found is said, with what to do; it is no failure", async () => {
  const before = list;
  list = { traces: [], remembered: 7 };
  const { code, stdout, stderr } = await mesh.cli(["trace", "list"]);
  list = before;
  assert.deepEqual([code, stdout], [0, ""]);
  assert.match(stderr, /^No such trace in namespace default; 7 are remembered\.\n.*MeshConfig/);
});

test("a trace that is not there is 1, what is no id or number is 2", async () => {
  assert.equal((await mesh.cli(["trace", "show", "ffff"])).code, 1);
  const { code, stderr } = await mesh.cli(["trace", "show", "what?"]);
  assert.equal(code, 2);
  assert.match(stderr, /"what\?" is no trace id\n.*meshctl trace list/);
  assert.equal((await mesh.cli(["trace", "list", "--limit", "1001"])).code, 2);
  assert.equal((await mesh.cli(["trace", "list", "--since", "soon"])).code, 2);
});

test("ids complete, with what was asked for", async () => {
  const { stdout } = await mesh.cli(["complete", "--", "trace", "show", "0"]);
  assert.match(stdout, new RegExp(`^${TRACE}\\tGET /items$`, "m"));
});
