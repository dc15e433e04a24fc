import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { Backoff } from "../../../src/lib/backoff.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { Sidecar } from "../../../src/local/run/sidecar.ts";
import type { Bootstrap } from "../../../src/messages/bootstrap.ts";
import { isRunning, waitFor } from "../../support/mesh.ts";

const bootstrap: Bootstrap = {
  kind: "bootstrap",
  instance: "default/api1",
  namespace: "default",
  workload: "api1",
  serviceAccount: "api1",
  trustDomain: "cluster.local",
  trustBundle: "",
  joinToken: "first",
  controller: { discovery: "127.0.0.1:1", https: "127.0.0.1:2" },
  inbound: [{ appPort: 8081, protocol: "http", listenPort: 0, address: "127.0.0.1" }],
  upstreams: [{ destination: "default/db:1", listenPort: 0 }],
  outboundPort: 0,
  adminPort: 0,
  savedDir: null,
  logLevel: "warn",
  drainMs: 1_000,
};

interface Watched {
  readonly sidecar: Sidecar;
  /** Every state it went through. */
  readonly seen: string[];
  readonly said: string[];
}

function watched(t: TestContext, joinToken: string, freshToken: () => Promise<string>): Watched {
  const directory = mkdtempSync(join(tmpdir(), "meshctl-sidecar-"));
  const seen: string[] = [];
  const said: string[] = [];
  const sidecar: Sidecar = new Sidecar({
    bootstrap: { ...bootstrap, joinToken },
    freshToken,
    program: fileURLToPath(new URL("./fake-proxy.mjs", import.meta.url)),
    flags: [],
    logFile: join(directory, "proxy.log"),
    env: process.env,
    backoff: new Backoff({ initialMs: 20, maxMs: 100 }, () => 0.5),
    clock: systemClock,
    changed: () => seen.push(sidecar.reason === null ? sidecar.phase : `${sidecar.phase}: ${sidecar.reason}`),
    say: (text) => said.push(text),
  });
  t.after(async () => {
    await sidecar.close(1_000);
    rmSync(directory, { recursive: true, force: true });
  });
  return { sidecar, seen, said };
}

test("a killed sidecar is back on the same ports, with a new token and what it had saved", async (t) => {
  const { sidecar, seen, said } = watched(t, "first", () => Promise.resolve("second"));
  const ports = await sidecar.start();
  assert.ok([...ports.inbound, ...ports.upstreams, ports.outbound, ports.admin].every((port) => port > 0));
  await waitFor("ready", () => sidecar.phase === "ready");
  const first = sidecar.pid ?? 0;
  seen.length = 0;
  process.kill(first, "SIGKILL");
  await waitFor("ready again", () => sidecar.phase === "ready" && sidecar.pid !== first);
  assert.equal(seen[0], "down: it was ended by SIGKILL", "whoever publishes its endpoint hears of it at once");
  assert.ok(seen.includes("not-ready: saved leaf.pem, second, 127.0.0.1:1"), seen.join("\n"));
  assert.equal(said.length, 1);
  // A third life proves that the ports of the second are those of the first: the fake binds exactly what it is told.
  process.kill(sidecar.pid ?? 0, "SIGKILL");
  await waitFor("ready a third time", () => sidecar.phase === "ready" && said.length === 2);
});

test("with the controller away it starts again with the token it has", async (t) => {
  const { sidecar, seen } = watched(t, "first", () => Promise.reject(new Error("away")));
  await sidecar.start();
  await waitFor("ready", () => sidecar.phase === "ready");
  process.kill(sidecar.pid ?? 0, "SIGKILL");
  await waitFor("ready again", () => seen.filter((state) => state === "ready").length === 2);
  assert.ok(seen.includes("not-ready: saved leaf.pem, first, 127.0.0.1:1"));
});

test("a controller that moved is told to the proxy that runs, and to the next one", async (t) => {
  const { sidecar, seen } = watched(t, "first", () => Promise.resolve("second"));
  await sidecar.start();
  await waitFor("ready", () => sidecar.phase === "ready");
  sidecar.controllerMoved({ discovery: "127.0.0.1:3", https: "127.0.0.1:4" });
  await waitFor("the news", () => sidecar.reason === "moved to 127.0.0.1:3 and 127.0.0.1:4");
  process.kill(sidecar.pid ?? 0, "SIGKILL");
  await waitFor("the next one", () => seen.includes("not-ready: saved leaf.pem, second, 127.0.0.1:3"));
});

test("a sidecar whose leaf has expired gets a new token", async (t) => {
  const { sidecar } = watched(t, "expired", () => Promise.resolve("fresh"));
  await sidecar.start();
  await waitFor("the token", () => sidecar.reason === "token fresh");
});

for (const [play, reason] of [
  ["crash", /exit code 9/],
  ["fatal", /EADDRINUSE/],
] as const) {
  test(`a sidecar that cannot begin (${play}) fails the start, with its reason, and is not started again`, async (t) => {
    const { sidecar, said } = watched(t, play, () => Promise.resolve(play));
    await assert.rejects(sidecar.start(), reason);
    assert.equal(sidecar.pid, null);
    assert.deepEqual(said, []);
  });
}

test("draining is answered, and closing ends the process for good", async (t) => {
  const { sidecar, said } = watched(t, "first", () => Promise.resolve("second"));
  await sidecar.start();
  const pid = sidecar.pid ?? 0;
  await sidecar.drain(5_000);
  assert.ok(isRunning(pid), "outbound goes on while the command says goodbye");
  await sidecar.drain(5_000);
  await sidecar.close(1_000);
  assert.ok(!isRunning(pid));
  assert.deepEqual(said, []);
});
