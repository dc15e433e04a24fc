import assert from "node:assert/strict";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { load, startLoad } from "../support/load.ts";
import { DEMO, isRunning, startMesh, waitFor } from "../support/mesh.ts";
import { startApi, startStore } from "../support/store.ts";

test("R1: traffic goes on, with mutual TLS, while the controller is dead", async (t) => {
  const mesh = await startMesh(t);
  const store = await startStore(mesh);
  const items = { port: store.toApi, path: "/items", headers: { host: "api" } };
  await load({ ...items, count: 50 });

  const under = startLoad({ ...items, connections: 8, limitMs: 40_000 });
  const { pid } = mesh.controller();
  process.kill(pid, "SIGKILL");
  await waitFor("the controller's end", () => !isRunning(pid));
  const doneAtDeath = under.done();
  await waitFor("1,000 requests more", () => under.done() > doneAtDeath + 1_000);
  assert.deepEqual(Object.keys((await under.stop()).outcomes), ["200"]);

  await t.test("a sidecar restarted meanwhile serves 1,000 requests from what it saved", async () => {
    const workload = JSON.parse(await runRecord(mesh, "web")) as { proxyPid: number };
    process.kill(workload.proxyPid, "SIGKILL");
    await waitFor("the sidecar on its old port", () => accepts(store.toApi), 15_000);
    await waitFor("its first answer", async () => (await load({ ...items, count: 1 })).outcomes[200] === 1, 15_000);
    const { outcomes } = await load({ ...items, count: 1_000 });
    assert.deepEqual(outcomes, { 200: 1_000 });
  });

  await t.test("a new workload fails closed", async () => {
    const fresh = mesh.background(["run", "late", "--port", "0", "--upstream", "api:80", "--", "node", join(DEMO, "web.js")]);
    const { code } = await fresh.exited;
    assert.equal(code, 3);
  });

  await t.test("the controller returns: proxies resync within 3 s, and a change takes effect", async () => {
    await mesh.ok(["install", "--local"]);
    const back = performance.now();
    await waitFor(
      "every proxy connected",
      async () => {
        const proxies = JSON.parse(await mesh.ok(["proxy-status", "-o", "json"])) as { items?: { connected: boolean }[] };
        const list = proxies.items ?? (proxies as unknown as { connected: boolean }[]);
        return list.length === 3 && list.every(({ connected }) => connected);
      },
      3_000,
    );
    t.diagnostic(`resynced ${Math.round(performance.now() - back)} ms after install returned`);
    await mesh.ok(["route", "split", "api", "--weight", "v1=0", "--weight", "v2=1"]);
    await waitFor(
      "v2 only",
      async () => Object.keys((await load({ ...items, count: 20, label: (body) => JSON.parse(body).version })).labels).join() === "v2",
      3_000,
    );
  });
});

test("R5: a proxy told to end finishes what it accepted", async (t) => {
  const mesh = await startMesh(t);
  const store = await startStore(mesh);
  const items = { port: store.toApi, path: "/items", headers: { host: "api" } };
  await load({ ...items, count: 20 });
  const under = startLoad({ ...items, connections: 16, limitMs: 40_000 });
  const before = under.done();
  await waitFor("load", () => under.done() > before + 500);

  await mesh.ok(["get", "workloads"]);
  const { code } = await store.api1.stop();
  assert.equal(code, 0, "what its command ended with");
  const atEnd = under.done();
  await waitFor("load on the one left", () => under.done() > atEnd + 500);
  const again = await startApi(mesh, "api1", "v1");
  const atReturn = under.done();
  await waitFor("load on both again", () => under.done() > atReturn + 500);
  assert.ok(again.pid > 0);
  const { outcomes, reasons } = await under.stop();
  assert.deepEqual(Object.keys(outcomes), ["200"], JSON.stringify({ outcomes, reasons }));
});

/** The record that the supervisor keeps of its processes. */
async function runRecord(mesh: { layout: { runDir: string } }, name: string): Promise<string> {
  const { readFileSync } = await import("node:fs");
  return readFileSync(join(mesh.layout.runDir, `default.${name}.json`), "utf8");
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
