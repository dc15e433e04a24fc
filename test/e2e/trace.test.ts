/** Traces through two built sidecars: what the application gets, and what the controller knows. */
import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { test } from "node:test";
import type { TraceDetail, TraceList } from "../../src/api/contract.ts";
import { fetchOnce, load, shareTolerance } from "../support/load.ts";
import { startMesh, type TestMesh, waitFor } from "../support/mesh.ts";
import { upstreamPort } from "../support/store.ts";

/** Answers with the headers it got; a path `/503` with that status. */
const ECHO = `require("node:http").createServer((request, response) => {
  response.writeHead(request.url === "/503" ? 503 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify(request.headers));
}).listen(+process.env.PORT, "127.0.0.1");`;

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER = "00f067aa0ba902b7";

async function show(mesh: TestMesh, id: string, spans: number): Promise<TraceDetail> {
  return waitFor(`${spans} spans of ${id}`, async () => {
    const { code, stdout } = await mesh.meshctl(["trace", "show", id, "-o", "json"]);
    if (code !== 0) return null;
    const trace = JSON.parse(stdout) as TraceDetail;
    return trace.spans.length >= spans ? trace : null;
  });
}

async function list(mesh: TestMesh, ...args: readonly string[]): Promise<TraceList> {
  return JSON.parse(await mesh.ok(["trace", "list", ...args, "-o", "json"])) as TraceList;
}

test("a request's trace, hop by hop", { timeout: 120_000 }, async (t) => {
  const mesh = await startMesh(t);
  await mesh.run("echo", ["--service", "echo:80", "--port", "0"], ["node", "-e", ECHO]);
  await mesh.run("caller", ["--upstream", "echo:80"], ["sleep", "300"]);
  const port = upstreamPort(await mesh.waitReady("caller"), "default/echo:80");
  /** One GET through both sidecars; gives the headers the application got. */
  const call = async (headers: Readonly<Record<string, string>>, path = "/items"): Promise<IncomingHttpHeaders> =>
    JSON.parse((await fetchOnce({ port, path, headers: { host: "echo", ...headers } })).body) as IncomingHttpHeaders;

  await t.test("a sampled traceparent: a span at each hop, children of one another; the application sees the last", async () => {
    const got = await call({ traceparent: `00-${TRACE}-${CALLER}-01`, tracestate: "vendor=1" }, "/items?q=secret");
    const { spans } = await show(mesh, TRACE, 2);
    assert.deepEqual(
      spans.map(({ direction, source, destination, service, method, path, status, error, mtls, attempts }) => ({
        direction,
        source,
        destination,
        service,
        method,
        path,
        status,
        error,
        mtls,
        attempts,
      })),
      ["outbound", "inbound"].map((direction) => ({
        direction,
        source: "default/caller",
        destination: "default/echo",
        service: "default/echo:80",
        method: "GET",
        path: "/items",
        status: 200,
        error: false,
        mtls: true,
        attempts: 1,
      })),
    );
    const [outbound, inbound] = spans;
    assert.ok(outbound && inbound);
    assert.equal(outbound.parentSpanId, CALLER);
    assert.equal(inbound.parentSpanId, outbound.spanId);
    assert.equal(got.traceparent, `00-${TRACE}-${inbound.spanId}-01`);
    assert.equal(got.tracestate, "vendor=1");
    assert.ok(outbound.durationMs >= inbound.durationMs, `${outbound.durationMs} ${inbound.durationMs}`);
    assert.equal(outbound.requestId, got["x-request-id"]);
  });

  await t.test("b3 in, b3 out", async () => {
    const id = `${"b".repeat(31)}1`;
    const got = await call({ b3: `${id}-${CALLER}-1` });
    const { spans } = await show(mesh, id, 2);
    const [outbound, inbound] = spans;
    assert.equal(got.b3, `${id}-${inbound?.spanId}-1-${outbound?.spanId}`);
    assert.equal(got.traceparent, undefined);
    assert.equal(outbound?.parentSpanId, CALLER);
  });

  await t.test("x-b3 in, x-b3 out, with a short id", async () => {
    const id = "c".repeat(16);
    const got = await call({ "X-B3-TraceId": id, "X-B3-SpanId": CALLER, "X-B3-Sampled": "1" });
    const { spans } = await show(mesh, `${"0".repeat(16)}${id}`, 2);
    const [outbound, inbound] = spans;
    assert.deepEqual(
      [got["x-b3-traceid"], got["x-b3-spanid"], got["x-b3-parentspanid"], got["x-b3-sampled"], got.traceparent],
      [id, inbound?.spanId, outbound?.spanId, "1", undefined],
    );
  });

  await t.test("what its caller did not sample passes untouched, and leaves no trace", async () => {
    const id = "d".repeat(32);
    const headers = { traceparent: `00-${id}-${CALLER}-00`, tracestate: "vendor=1", b3: `${id}-${CALLER}-0`, "x-b3-sampled": "0" };
    const got = await call(headers);
    for (const [name, value] of Object.entries(headers)) assert.equal(got[name], value, name);
    await call({ traceparent: `00-${"e".repeat(32)}-${CALLER}-01` });
    await show(mesh, "e".repeat(32), 2);
    assert.equal((await mesh.meshctl(["trace", "show", id])).code, 1);
  });

  await t.test("a failure is an error of both hops, found by --errors, drawn with its status", async () => {
    const id = "f".repeat(32);
    await call({ traceparent: `00-${id}-${CALLER}-01` }, "/503");
    const { spans } = await show(mesh, id, 2);
    assert.deepEqual(
      spans.map(({ status, error }) => [status, error]),
      [
        [503, true],
        [503, true],
      ],
    );
    assert.deepEqual(
      (await list(mesh, "--errors", "--service", "echo")).traces.map(({ traceId }) => traceId),
      [id],
    );
    const drawn = await mesh.ok(["trace", "show", "ffffffff"]);
    assert.match(drawn, /^out caller → echo +echo:80 +GET \/503 +503 .*█/m);
    assert.match(drawn, /^ in {2}caller → echo +echo:80 +GET \/503 +503 .*█/m);
  });

  await t.test("of requests without a context one in a hundred is traced, or as many as MeshConfig says", async () => {
    const share = async (percent: number, requests: number): Promise<void> => {
      const config = `apiVersion: meshctl.dev/v1alpha1\nkind: MeshConfig\nmetadata: {name: default}\nspec: {tracing: {samplingPercent: ${percent}}}\n`;
      await mesh.ok(["apply", "-f", "-"], { input: config });
      if (percent > 1) await waitFor("the rate", async () => (await call({})).traceparent !== undefined);
      const { labels, outcomes } = await load({
        port,
        headers: { host: "echo" },
        count: requests,
        label: (body) => ((JSON.parse(body) as IncomingHttpHeaders).traceparent === undefined ? "no" : "traced"),
      });
      assert.equal(outcomes["200"], requests);
      const traced = labels.traced ?? 0;
      const expected = percent / 100;
      assert.ok(Math.abs(traced / requests - expected) <= shareTolerance(expected, requests), `${traced} of ${requests}`);
    };
    await share(1, 8_000);
    await share(30, 2_000);
  });

  await t.test("the controller has a whole trace for every request that the application saw traced", async () => {
    const seen: string[] = [];
    for (let index = 0; index < 200; index += 1) {
      const { traceparent } = await call({}, "/counted");
      if (typeof traceparent === "string") seen.push(traceparent.slice(3, 35));
    }
    assert.ok(seen.length > 0);
    const known = async (): Promise<readonly string[]> => {
      const { traces } = await list(mesh, "--limit", "1000", "--workload", "caller");
      return traces.filter(({ first, spans }) => first.path === "/counted" && spans === 2).map(({ traceId }) => traceId);
    };
    await waitFor("their traces", async () => (await known()).length >= seen.length);
    assert.deepEqual([...(await known())].sort(), seen.sort());
  });
});
