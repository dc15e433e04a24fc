import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fetchOnce, load, startLoad } from "../support/load.ts";
import { freePort, startMesh, type TestMesh, waitFor } from "../support/mesh.ts";

/** Answers after ?ms=N, and counts. */
const APP = `
let count = 0;
require("node:http").createServer((request, response) => {
  const url = new URL(request.url, "http://x");
  if (url.pathname === "/count") return response.end(String(count));
  count += 1;
  setTimeout(() => response.end("hello"), Number(url.searchParams.get("ms") ?? 0));
}).listen(Number(process.env.PORT), "127.0.0.1", () => console.log("up"));`;
const IDLE = "setInterval(() => {}, 1000)";

interface Ports {
  readonly admin: number;
  readonly proxyPid: number;
}

function portsOf(mesh: TestMesh, name: string): Ports {
  const { ports, proxyPid } = JSON.parse(readFileSync(join(mesh.layout.runDir, `default.${name}.json`), "utf8"));
  return { admin: ports.admin, proxyPid };
}

/** The processes that serve as one sidecar. */
function workersOf(proxyPid: number): readonly number[] {
  const children = readdirSync(`/proc/${proxyPid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${proxyPid}/task/${thread}/children`, "utf8").trim().split(" "),
  );
  return children.filter((pid) => pid !== "").map(Number);
}

async function total(admin: number, pattern: RegExp): Promise<number> {
  const { body } = await fetchOnce({ port: admin, path: "/metrics" });
  return body
    .split("\n")
    .filter((line) => pattern.test(line))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

async function idle(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

test("several processes serve as one proxy", { skip: process.platform === "linux" ? false : "reads /proc" }, async (t) => {
  const mesh = await startMesh(t);
  const appPort = await freePort();
  const toApi = await freePort();
  const api = await mesh.run("api", ["--service", "api:80", "--port", String(appPort), "--concurrency", "2"], ["node", "-e", APP]);
  await mesh.run("web", ["--upstream", `api:80=${toApi}`, "--concurrency", "2"], ["node", "-e", IDLE]);
  const web = portsOf(mesh, "web");
  await waitFor("the service is known", async () => (await fetchOnce({ port: toApi })).outcome === "200");
  const exchanges = /^meshctl_exchanges_total\{.*direction="outbound".*status="200"/;
  const before = await total(web.admin, exchanges);

  await t.test("metrics of both count what the client counted; status shows one proxy", async () => {
    assert.equal(workersOf(web.proxyPid).length, 2);
    const { outcomes } = await load({ port: toApi, count: 400, connections: 8 });
    assert.deepEqual(outcomes, { 200: 400 });
    assert.equal((await total(web.admin, exchanges)) - before, 400);
    const inbound = /^meshctl_exchanges_total\{.*direction="inbound".*status="200"/;
    assert.equal(await total(portsOf(mesh, "api").admin, inbound), before + 400);
    const rows = JSON.parse(await mesh.ok(["proxy-status", "-o", "json"])) as { instance: string; processes: number; sync: object }[];
    assert.deepEqual(
      rows.map(({ instance, processes }) => [instance, processes]),
      [
        ["api", 2],
        ["web", 2],
      ],
    );
    const counted = await waitFor(
      "stat has heard of all",
      async () => {
        const { rows: stat } = JSON.parse(await mesh.ok(["stat", "svc", "api", "-o", "json"])) as { rows: { requests: number }[] };
        return (stat[0]?.requests ?? 0) >= before + 400 ? stat[0] : null;
      },
      20_000,
    );
    assert.equal(counted.requests, before + 400);
  });

  await t.test("a tap sees what went through either", async () => {
    const tap = mesh.background(["tap", "workload/web", "-o", "json", "--max", "40"]);
    await tap.waitForOutput(/[Tt]apping/);
    // Of both workers: each has a session of its own a moment later.
    await waitFor("forty lines", async () => {
      await load({ port: toApi, count: 10, connections: 4 });
      return tap.child.exitCode !== null;
    });
    const proxies = (await tap.exited).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { source: string });
    assert.equal(proxies.length, 40);
    assert.ok(proxies.every(({ source }) => source === "default/web"));
  });

  await t.test("one killed under load costs its own connections at most, and comes back", async () => {
    // Connections are dealt out in turn: each worker has four of these.
    const sockets = await Promise.all(Array.from({ length: 8 }, () => idle(toApi)));
    const metricsBefore = await total(web.admin, exchanges);
    const running = startLoad({ port: toApi, connections: 8, limitMs: 30_000 });
    await waitFor("load is on", () => running.done() > 200);
    const [victim = 0, survivor = 0] = workersOf(web.proxyPid);
    process.kill(victim, "SIGKILL");
    await waitFor("its connections are gone", () => sockets.filter((socket) => socket.destroyed || socket.readableEnded).length > 0);
    const lost = sockets.filter((socket) => socket.destroyed || socket.readableEnded).length;
    await waitFor("another is in its place", () => {
      const now = workersOf(web.proxyPid);
      return now.length === 2 && !now.includes(victim) && now.includes(survivor);
    });
    await waitFor("it takes connections", async () => (await total(web.admin, /^meshctl_workers_listening /)) === 2);
    const { outcomes } = await running.stop();
    const failed = Object.entries(outcomes).reduce((sum, [outcome, count]) => sum + (outcome === "200" ? 0 : count), 0);
    for (const socket of sockets) socket.destroy();
    assert.ok(lost > 0 && lost < 8, `${lost} of 8 idle connections were on the one that was killed`);
    assert.ok(failed <= 8, `${failed} failed: ${JSON.stringify(outcomes)}`);
    assert.ok((await total(web.admin, exchanges)) >= metricsBefore, "totals went down");
    const { outcomes: after } = await load({ port: toApi, count: 100, connections: 8 });
    assert.deepEqual(after, { 200: 100 });
    assert.equal((await fetchOnce({ port: web.admin, path: "/readyz" })).outcome, "200");
  });

  await t.test("SIGTERM drains all: what is under way is answered", async () => {
    const started = async (): Promise<number> => Number((await fetchOnce({ port: appPort, path: "/count" })).body);
    const startedBefore = await started();
    const slow = load({ port: toApi, path: "/?ms=1200", count: 12, connections: 12 });
    await waitFor("they are under way", async () => (await started()) === startedBefore + 12);
    api.signal("SIGTERM");
    const { outcomes } = await slow;
    assert.deepEqual(outcomes, { 200: 12 });
    await api.exited;
  });
});

test("--concurrency is judged before anything starts", async (t) => {
  const mesh = await startMesh(t);
  for (const [count, sentence] of [
    ["0", /--concurrency/],
    ["65", /at most 64/],
    ["two", /--concurrency/],
  ] as const) {
    const { code, stderr } = await mesh.meshctl(["run", "web", "--concurrency", count, "--", "true"]);
    assert.equal(code, 2);
    assert.match(stderr, sentence);
  }
  const { code, stderr } = await mesh.meshctl(["run", "web", "--concurrency", "64", "--limit", "connections=0", "--", "true"]);
  assert.equal(code, 2);
  assert.match(stderr, /not a number from 1/);
});
