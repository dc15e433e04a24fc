import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fetchOnce, startLoad } from "../support/load.ts";
import { DEMO, freePort, isRunning, PATIENT, startMesh, type TestMesh, waitFor } from "../support/mesh.ts";
import { appPort, startApi, startStore, upstreamPort, versionOf } from "../support/store.ts";

test("a store in the mesh, and what is killed in it", { timeout: 120_000 }, async (t) => {
  const mesh = await startMesh(t);
  await mesh.run("ledger", ["--service", "ledger:7000/tcp", "--port", "0"], ["node", join(DEMO, "ledger.js")]);
  const store = await startStore(mesh);
  const items = { port: store.toApi, path: "/items", headers: { host: "api" } };

  await t.test("both versions answer", async () => {
    const seen = new Set<string>();
    await waitFor("both versions", async () => {
      const { outcome, body } = await fetchOnce(items);
      if (outcome === "200") seen.add(versionOf(body));
      return seen.size === 2;
    });
  });

  await t.test("TCP in which the server speaks first works too", async () => {
    await mesh.run(
      "shop",
      ["--service", "shop:80", "--port", "0", "--upstream", "api:80", "--upstream", "ledger:7000"],
      ["node", join(DEMO, "web.js")],
    );
    const port = appPort(await mesh.waitReady("shop"));
    const bought = await waitFor("a sale", async () => {
      const { outcome, body } = await fetchOnce({ port, path: "/buy?item=tea" });
      return outcome === "200" ? body : null;
    });
    assert.match(bought, /"ledger":"OK \d+ \d+"/);
  });

  await t.test("a program that heeds http_proxy needs no --upstream", async () => {
    const get =
      "const u = new URL(process.env.http_proxy); require('http').get({host: u.hostname, port: u.port, path: 'http://api/items', headers: {host: 'api'}}, (r) => { r.resume(); r.on('end', () => { console.log('status ' + r.statusCode); }); })";
    assert.match(await mesh.ok(["run", "walker", "--", "node", "-e", get]), /walker \| status 200/);
  });

  await t.test("no token stands in the sidecar's arguments or environment", async () => {
    const { status } = (await mesh.workload("api1")) ?? {};
    for (const file of ["cmdline", "environ"]) assert.doesNotMatch(readFileSync(`/proc/${status?.proxyPid}/${file}`, "utf8"), /eyJ|BEGIN/);
  });

  await t.test("kill -9 of a sidecar: out at once, back on the same ports", async () => {
    const before = await mesh.waitReady("api1");
    process.kill(before.status?.proxyPid ?? 0, "SIGKILL");
    await mesh.waitForWorkload("api1", ({ status }) => status?.ready.length === 0 || status?.proxyPid !== before.status?.proxyPid);
    const after = await mesh.waitForWorkload(
      "api1",
      ({ status }) => status?.ready.length === 1 && status.proxyPid !== before.status?.proxyPid,
    );
    assert.deepEqual(after.spec, before.spec, "ports and all");
    await waitFor("an answer of v1", async () => versionOf((await fetchOnce(items)).body) === "v1");
  });

  await t.test("a hung application is out within 10 s, and back when it answers", async () => {
    const flags = ["--service", "slow:80", "--port", "0", "--ready-path", "/healthz"];
    const run = await mesh.run("slow", flags, ["node", join(DEMO, "api.js")]);
    const { status } = (await mesh.workload("slow")) ?? {};
    process.kill(status?.pid ?? 0, "SIGSTOP");
    const out = await mesh.waitForWorkload("slow", (workload) => workload.status?.ready.length === 0, "default", 10_000);
    assert.equal(out.status?.phase, "Running", "a hung application is not a dead one");
    assert.match(out.status?.message ?? "", /does not answer/);
    await run.waitForOutput(/service slow:80: \/healthz does not answer; no traffic comes in/);
    process.kill(status?.pid ?? 0, "SIGCONT");
    await mesh.waitReady("slow");
    await run.waitForOutput(/service slow:80: \/healthz answers; traffic comes in/);
    await run.stop();
  });

  await t.test("an instance that is told to go leaves without one failed request", async () => {
    const leaving = await startApi(mesh, "api4", "v4");
    const under = startLoad({ ...items, connections: 8, limitMs: 30_000, label: versionOf });
    await waitFor("its share of the load", async () => (await fetchOnce(items)).body.includes('"v4"'));
    const before = under.done();
    leaving.signal("SIGTERM");
    assert.equal((await leaving.exited).code, 0);
    await waitFor("the load to go on", () => under.done() > before + 200);
    const { outcomes, labels } = await under.stop();
    assert.deepEqual(Object.keys(outcomes), ["200"], JSON.stringify(outcomes));
    assert.ok((labels.v4 ?? 0) > 0);
  });

  await t.test("a call under way is waited for, as long as --drain says; a second signal does not wait", async () => {
    const slow =
      "require('http').createServer((q, s) => { if (q.url === '/') return s.end('up'); console.log('called'); s.write('begun'); setTimeout(() => s.end(' and done'), 1000); }).listen(process.env.PORT, '127.0.0.1')";
    const caller = mesh.background(["run", "waiting", "--upstream", "tardy:80", "--", "node", "-e", PATIENT]);
    const upstream = await mesh.waitForWorkload("waiting", ({ status }) => status?.phase === "Running");
    for (const { drain, signals, waits } of [
      { drain: "30s", signals: 1, waits: true },
      { drain: "30s", signals: 2, waits: false },
      { drain: "100ms", signals: 1, waits: false },
    ]) {
      const run = await mesh.run("tardy", ["--service", "tardy:80", "--port", "0", "--drain", drain], ["node", "-e", slow]);
      const port = upstreamPort(upstream, "default/tardy:80");
      await waitFor("the service", async () => (await fetchOnce({ port, headers: { host: "tardy" } })).outcome === "200");
      const call = fetchOnce({ port, path: "/slow", headers: { host: "tardy" } });
      await waitFor("the call", () => run.stdout.includes("called"));
      run.signal("SIGTERM");
      await mesh.waitForWorkload("tardy", ({ status }) => status?.phase === "Draining");
      if (signals === 2) run.signal("SIGTERM");
      const { body } = await call;
      assert.equal(body === "begun and done", waits, `${drain}, ${signals}: ${body}`);
      assert.equal((await run.exited).code, 143);
    }
    await caller.stop();
  });

  await t.test("kill -9 of the application ends the run, and its endpoint leaves", async () => {
    const { status } = (await mesh.workload("api2")) ?? {};
    process.kill(status?.pid ?? 0, "SIGKILL");
    assert.equal((await store.api2.exited).code, 137);
    assert.equal(await mesh.workload("api2"), null);
    await onlyVersion(items, "v1");
  });

  await t.test("kill -9 of `run` itself: command and sidecar end, the lease too", async () => {
    const run = await startApi(mesh, "api3", "v3");
    const { status } = (await mesh.workload("api3")) ?? {};
    run.child.kill("SIGKILL");
    for (const pid of [status?.pid ?? 0, status?.proxyPid ?? 0]) await waitFor(`the end of ${pid}`, () => !isRunning(pid), 10_000);
    await waitFor("its endpoint's end", async () => (await readyEndpoints(mesh, "api")) === 1, 10_000);
    await onlyVersion(items, "v1");
    // Its name is free again as soon as its lease has ended.
    const again = await startApi(mesh, "api3", "v3");
    await again.stop();
  });

  await t.test("kill -9 of the controller: runs say so once and register again", async () => {
    const { pid } = mesh.controller();
    process.kill(pid, "SIGKILL");
    await store.api1.waitForOutput(/the controller does not answer/);
    assert.equal((await fetchOnce(items)).outcome, "200");
    await mesh.ok(["install", "--local"]);
    await store.api1.waitForOutput(/the controller is back/);
    assert.equal(store.api1.stderr.split("the controller does not answer").length, 2, "said once");
    await mesh.waitReady("api1");
    assert.equal((await fetchOnce(items)).outcome, "200");
  });

  await t.test("two ports, two protocols, one workload", async () => {
    const [http, tcp] = [await freePort(), await freePort()];
    const both = `require('http').createServer((q, s) => s.end('web')).listen(${http}, '127.0.0.1'); require('net').createServer((c) => c.end('raw')).listen(${tcp}, '127.0.0.1')`;
    const run = await mesh.run("both", ["--service", `front:80=${http}`, "--service", `raw:9000=${tcp}/tcp`], ["node", "-e", both]);
    const client = mesh.background(["run", "caller", "--upstream", "front:80", "--upstream", "raw:9000", "--", "node", "-e", PATIENT]);
    const workload = await mesh.waitForWorkload("caller", ({ status }) => status?.phase === "Running");
    await waitFor(
      "http",
      async () => (await fetchOnce({ port: upstreamPort(workload, "default/front:80"), headers: { host: "front" } })).body === "web",
    );
    await client.stop();
    await run.stop();
  });
});

/** Twenty answers in a row from one version. */
async function onlyVersion(items: Parameters<typeof fetchOnce>[0], version: string): Promise<void> {
  let row = 0;
  await waitFor(`only ${version}`, async () => {
    const { outcome, body } = await fetchOnce(items);
    row = outcome === "200" && versionOf(body) === version ? row + 1 : 0;
    return row >= 20;
  });
}

/** Ready endpoints of a service, as its EndpointSlices say. */
async function readyEndpoints(mesh: TestMesh, service: string): Promise<number> {
  const { body } = await mesh.api(
    "GET",
    `/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name%3D${service}`,
  );
  const slices = (body as { items: { endpoints?: { conditions?: { ready?: boolean } }[] }[] }).items;
  return slices.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready).length;
}
