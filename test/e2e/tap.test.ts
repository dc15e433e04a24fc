import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchOnce, load } from "../support/load.ts";
import { startMesh, waitFor } from "../support/mesh.ts";
import { startStore } from "../support/store.ts";

interface TapLine {
  readonly path: string;
  readonly status: number;
  readonly direction: string;
  readonly reason: string;
  readonly source: string;
  readonly destination: string;
  readonly service: string;
  readonly peerIdentity: string;
  readonly mtls: boolean;
  readonly requestHeaders: Readonly<Record<string, string>>;
}

test("tap shows what its filters ask for, and nothing that is secret", async (t) => {
  const mesh = await startMesh(t);
  const store = await startStore(mesh);
  const api = { port: store.toApi, headers: { host: "api" } };
  await load({ ...api, path: "/items", count: 20 });

  await t.test("filters act at the source: what none of them wants never reaches the controller", async () => {
    const tap = mesh.background(["tap", "api", "--status", "418", "-o", "json"]);
    await tap.waitForOutput(/[Tt]apping/);
    await load({ ...api, path: "/items", count: 500 });
    tap.signal("SIGINT");
    const { code, stdout } = await tap.exited;
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "" });
    assert.equal(await eventsReceived(mesh), 0);
  });

  await t.test("one line per request end, with both workloads, the status and the identity", async () => {
    const tap = mesh.background(["tap", "api", "--direction", "inbound", "--path", "/items", "--max", "3"]);
    await tap.waitForOutput(/[Tt]apping/);
    await waitFor("three lines", async () => {
      await load({ ...api, path: "/items", count: 5 });
      return tap.child.exitCode !== null;
    });
    const { code, stdout } = await tap.exited;
    assert.equal(code, 0);
    const lines = stdout.trim().split("\n");
    assert.equal(lines.length, 3);
    for (const line of lines) assert.match(line, /default\/web → default\/api[12] {2}GET api\/items {2}200 .*mtls=default\/web/);
  });

  await t.test("one version of a service, in both directions, though callers name the service", async () => {
    const tap = mesh.background(["tap", "svc/api-v2", "-o", "json", "--max", "20"]);
    await tap.waitForOutput(/[Tt]apping/);
    await waitFor("twenty lines", async () => {
      await load({ ...api, path: "/items", count: 10 });
      return tap.child.exitCode !== null;
    });
    const lines = (await tap.exited).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as TapLine);
    assert.deepEqual(new Set(lines.map(({ destination }) => destination)), new Set(["default/api2"]));
    assert.deepEqual(new Set(lines.map(({ service }) => service)), new Set(["default/api:80"]));
    assert.deepEqual(new Set(lines.map(({ direction }) => direction)), new Set(["inbound", "outbound"]));
  });

  await t.test("refusals carry their reason, and credentials stay in the proxy", async () => {
    await mesh.ok(["fault", "abort", "api", "--status", "503", "--percent", "100"]);
    await waitFor("the fault", async () => (await fetchOnce({ ...api, path: "/items" })).outcome === "503", 3_000);
    const tap = mesh.background(["tap", "api", "--status", "5xx", "-o", "json", "--max", "2"]);
    await tap.waitForOutput(/[Tt]apping/);
    const headers = { host: "api", authorization: "Bearer very-secret", cookie: "session=very-secret", "x-plain": "seen" };
    await waitFor("two lines", async () => {
      await fetchOnce({ ...api, path: "/items", headers });
      return tap.child.exitCode !== null;
    });
    const { stdout } = await tap.exited;
    assert.doesNotMatch(stdout, /very-secret/);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as TapLine);
    assert.equal(lines.length, 2);
    for (const line of lines) {
      assert.equal(line.status, 503);
      assert.equal(line.reason, "fault-abort");
      assert.equal(line.direction, "outbound");
      assert.equal(line.requestHeaders["x-plain"], "seen");
    }
    await mesh.ok(["fault", "clear", "api"]);
  });

  await t.test("a name that is nothing is an error that says what there is", async () => {
    const { code, stderr } = await mesh.meshctl(["tap", "nothing"]);
    assert.equal(code, 1);
    assert.match(stderr, /api/);
  });
});

/** The controller's own count of tap events. */
async function eventsReceived(mesh: { api(method: string, path: string): Promise<{ body: unknown }> }): Promise<number> {
  const { body } = await mesh.api("GET", "/metrics");
  const count = /^meshctl_\w*tap_events\w*(?:\{[^}]*\})? (\d+)/m.exec(String(body))?.[1];
  assert.ok(count, "the controller counts the tap events it gets");
  return Number(count);
}
