import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { sidecarLog } from "../../src/local/log-file.ts";
import { fetchOnce, load, startLoad } from "../support/load.ts";
import { freePort, isRunning, startMesh, type TestMesh, waitFor } from "../support/mesh.ts";

const APP = `require("node:http").createServer((request, response) => response.end("hello")).listen(Number(process.env.PORT), "127.0.0.1")`;
const IDLE = "setInterval(() => {}, 1000)";
/** Much longer than the limit on the lag; between two stops the proxy gets no further than one look at it. */
const STOPPED_MS = 400;
const RUNNING_MS = 25;
const NORMAL_WITHIN_MS = 5_000;

interface Sidecar {
  readonly admin: number;
  readonly pid: number;
}

function sidecarOf(mesh: TestMesh, name: string): Sidecar {
  const { ports, proxyPid } = JSON.parse(readFileSync(join(mesh.layout.runDir, `default.${name}.json`), "utf8"));
  return { admin: ports.admin, pid: proxyPid };
}

async function metric({ admin }: Sidecar, name: string): Promise<number> {
  const { body } = await fetchOnce({ port: admin, path: "/metrics" });
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(body)?.[1] ?? Number.NaN);
}

test("a proxy whose event loop keeps stalling turns some requests away with 503 overloaded, and is normal again by itself", async (t) => {
  const mesh = await startMesh(t);
  const toApi = await freePort();
  await mesh.run("api", ["--service", "api:80", "--port", "0"], ["node", "-e", APP]);
  await mesh.run("web", ["--upstream", `api:80=${toApi}`, "--limit", "lag=200ms"], ["node", "-e", IDLE]);
  await waitFor("the service is known", async () => (await fetchOnce({ port: toApi })).outcome === "200");
  const web = sidecarOf(mesh, "web");
  const before = await metric(web, "meshctl_overload_shed_lag_total");
  // A stopped process could not be ended; by now it may be gone already.
  t.after(() => isRunning(web.pid) && process.kill(web.pid, "SIGCONT"));

  const running = startLoad({ port: toApi, connections: 16, limitMs: 60_000 });
  const limit = performance.now() + 20_000;
  let shed = before;
  while (shed === before && performance.now() < limit) {
    for (let stop = 0; stop < 5; stop += 1) {
      process.kill(web.pid, "SIGSTOP");
      await pause(STOPPED_MS);
      process.kill(web.pid, "SIGCONT");
      await pause(RUNNING_MS);
    }
    shed = await metric(web, "meshctl_overload_shed_lag_total");
  }
  const overMs = performance.now();
  assert.ok(shed > before, "nothing was turned away");
  assert.equal((await metric(web, "meshctl_overload_episodes_total")) > 0, true);

  await waitFor("the state is normal", async () => (await metric(web, "meshctl_overload_state")) === 0, NORMAL_WITHIN_MS);
  t.diagnostic(`normal again after ${Math.round(performance.now() - overMs)} ms`);
  const { outcomes, reasons } = await running.stop();
  assert.deepEqual(Object.keys(outcomes).sort(), ["200", "503"]);
  assert.equal(reasons.overloaded, outcomes["503"]);
  // On a busy machine the loop may be late by itself for a moment.
  await waitFor("all is answered again", async () => (await load({ port: toApi, count: 100 })).outcomes["200"] === 100);
  assert.match(readFileSync(sidecarLog(mesh.layout, "default", "web"), "utf8"), /overloaded: requests wait \d+ ms for the event loop/);
});

interface CheckReport {
  readonly categories: readonly { readonly checks: readonly { readonly id: string; readonly result: string; readonly hint?: string }[] }[];
}

test("check and proxy-status show a proxy that turns away, with the reason and what to do, and nothing else", async (t) => {
  const mesh = await startMesh(t);
  const toApi = await freePort();
  await mesh.run("api", ["--service", "api:80", "--port", "0"], ["node", "-e", APP]);
  await mesh.run("web", ["--upstream", `api:80=${toApi}`, "--limit", "connections=3"], ["node", "-e", IDLE]);
  await waitFor("the service is known", async () => (await fetchOnce({ port: toApi })).outcome === "200");
  const notFine = async (): Promise<string[]> => {
    const { stdout } = await mesh.meshctl(["check", "-o", "json"]);
    const { categories } = JSON.parse(stdout) as CheckReport;
    return categories.flatMap(({ checks }) => checks.filter(({ result }) => result !== "ok").map(({ id, result }) => `${id} ${result}`));
  };
  const before = await notFine();
  assert.ok(!before.some((line) => line.startsWith("proxies-")), before.join());
  const sockets = Array.from({ length: 3 }, () => connect(toApi, "127.0.0.1").on("error", () => {}));
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  await waitFor("check says so", async () => (await notFine()).includes("proxies-overload warning"));
  assert.deepEqual((await notFine()).toSorted(), [...before, "proxies-overload warning"].toSorted());
  assert.equal((await fetchOnce({ port: toApi })).outcome, "503");
  const text = (await mesh.meshctl(["check"])).stdout;
  assert.match(
    text,
    /‼ no proxy turns requests or connections away\n {4}default\/web: \d connections are open: new connections are closed; since it/,
  );
  assert.match(text, /→ Add instances, `run --concurrency`, or take load off/);
  await waitFor("what was refused is counted", async () => {
    const { stdout } = await mesh.meshctl(["proxy-status", "web"]);
    return /Load: +shut: \d connections are open/.test(stdout) && /Turned away: +0 requests, [1-9]/.test(stdout);
  });
  assert.match((await mesh.meshctl(["proxy-status", "-o", "wide"])).stdout, / shut +0\/[1-9]/);
  for (const socket of sockets) socket.destroy();
  await waitFor("it is over", async () => !(await notFine()).some((line) => line.startsWith("proxies-overload")));
});
