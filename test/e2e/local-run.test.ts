import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fetchOnce } from "../support/load.ts";
import { DEMO, freePort, isRunning, startMesh, type TestMesh, waitFor } from "../support/mesh.ts";
import { appPort, startApi, startStore, upstreamPort, versionOf } from "../support/store.ts";

/** Prints what its environment says. */
const PRINT_ENV = ["node", "-e", "for (const n of Object.keys(process.env).sort()) console.log(n + '=' + process.env[n])"];
/** Lives until it is told to end, and says by which signal. */
const PATIENT =
  "for (const s of ['SIGINT','SIGTERM','SIGHUP']) process.on(s, () => { console.log('got ' + s); if (s !== 'SIGHUP') process.exit(s === 'SIGINT' ? 5 : 6); }); setInterval(() => {}, 1000); console.log('up')";

test("one mesh, many runs", { timeout: 120_000 }, async (t) => {
  const mesh = await startMesh(t);

  await t.test("the exit code is the command's, whatever it is", async () => {
    const code = async (...command: string[]): Promise<number> => (await mesh.meshctl(["run", "once", "--", ...command])).code;
    assert.equal(await code("sh", "-c", "exit 0"), 0);
    assert.equal(await code("sh", "-c", "exit 7"), 7);
    assert.equal(await code("sh", "-c", "kill -9 $$"), 137);
    const missing = await mesh.meshctl(["run", "once", "--", "no-such-program"]);
    assert.equal(missing.code, 127);
    assert.match(missing.stderr, /cannot start no-such-program: there is no such program/);
  });

  await t.test("output comes with the name before each line, each stream on its own", async () => {
    const { stdout, stderr } = await mesh.meshctl(["run", "speaker", "--", "sh", "-c", "echo one; echo two >&2; printf three"]);
    assert.equal(stdout, "speaker | one\nspeaker | three\n");
    assert.match(stderr, /^speaker \| two$/m);
    assert.match(stderr, /^speaker \| meshctl: default\/speaker is in the mesh/m);
  });

  await t.test("the command is told where to listen and whom to call", async () => {
    const flags = ["--service", "env:80", "--port", "0", "--version", "v3", "--upstream", "api:80", "--upstream", "db.shop:5432"];
    const { stdout } = await mesh.meshctl(["run", "env", ...flags, "--", ...PRINT_ENV]);
    const value = (name: string): string => new RegExp(`^env \\| ${name}=(.*)$`, "m").exec(stdout)?.[1] ?? "";
    assert.match(value("PORT"), /^\d+$/);
    assert.match(value("MESHCTL_UPSTREAM_API_80"), /^127\.0\.0\.1:\d+$/);
    assert.match(value("MESHCTL_UPSTREAM_DB_SHOP_5432"), /^127\.0\.0\.1:\d+$/);
    assert.match(value("http_proxy"), /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(value("HTTP_PROXY"), value("http_proxy"));
    assert.match(value("no_proxy"), /127\.0\.0\.1/);
    assert.equal(value("MESHCTL_VERSION"), "v3");
    assert.doesNotMatch(stdout, /eyJ/, "no token in the environment");
  });

  await t.test("signals go to the command; it says how it ends", async () => {
    for (const [signal, code] of [
      ["SIGINT", 5],
      ["SIGTERM", 6],
    ] as const) {
      const run = mesh.background(["run", "patient", "--", "node", "-e", PATIENT]);
      await run.waitForOutput(/patient \| up/);
      run.signal("SIGHUP");
      await run.waitForOutput(/got SIGHUP/);
      run.signal(signal);
      assert.equal((await run.exited).code, code);
      assert.match(run.stdout, new RegExp(`got ${signal}`));
    }
  });

  await t.test("at its end nothing is left: no object, no note, no process, no key", async () => {
    const run = await mesh.run("brief", ["--service", "brief:80", "--port", "0"], ["node", join(DEMO, "api.js")]);
    const { status } = (await mesh.workload("brief")) ?? {};
    assert.ok(existsSync(join(mesh.layout.runDir, "default.brief.json")));
    assert.equal((await run.stop()).code, 0);
    assert.equal(await mesh.workload("brief"), null);
    assert.ok(!existsSync(join(mesh.layout.runDir, "default.brief.json")));
    for (const pid of [status?.pid ?? 0, status?.proxyPid ?? 0]) assert.ok(!isRunning(pid));
  });

  await t.test("namespace, service account, labels and protocols stand in the Workload", async () => {
    const nowhere = await mesh.meshctl(["run", "pair", "--namespace", "shop", "--", "true"]);
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /there is no namespace shop/);
    await mesh.ok(["apply", "-f", "-"], { input: "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}" });
    const flags = ["--namespace", "shop", "--service", "db:5432=5433/tcp", "--service", "ui:80", "--port", "0"];
    const run = mesh.background([
      "run",
      "pair",
      ...flags,
      "--service-account",
      "keeper",
      "--label",
      "team=store",
      "--",
      "node",
      "-e",
      PATIENT,
    ]);
    const { metadata, spec } = await mesh.waitForWorkload("pair", ({ status }) => status?.phase === "Running", "shop");
    assert.equal(spec?.serviceAccount, "keeper");
    assert.deepEqual(metadata.labels, { team: "store" });
    assert.deepEqual(
      spec?.services.map(({ name, port, protocol }) => [name, port, protocol]),
      [
        ["db", 5432, "tcp"],
        ["ui", 80, "http"],
      ],
    );
    assert.equal(spec?.services[0]?.appPort, 5433);
    await run.stop();
  });

  await t.test("usage is refused before anything starts", async () => {
    const cases: readonly [readonly string[], RegExp][] = [
      [["run", "web", "--service", "web:80", "--", "true"], /which port the application listens on/],
      [["run", "web"], /no command/],
      [["run", "Web", "--", "true"], /DNS label/],
      [["run", "web", "--service", "web", "--", "true"], /--service/],
      [["run", "web", "--transparent", "--", "true"], /--transparent is not there yet/],
    ];
    for (const [args, message] of cases) {
      const { code, stderr } = await mesh.meshctl(args);
      assert.equal(code, 2, args.join(" "));
      assert.match(stderr, message);
    }
  });

  await t.test("conflicts are refused with exit code 4", async (t) => {
    const run = await startApi(mesh, "twin", "v1");
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    t.after(() => taken.close());
    const busy = (taken.address() as AddressInfo).port;
    const foreign = { apiVersion: "v1", kind: "Service", metadata: { name: "mine" }, spec: { ports: [{ port: 80 }] } };
    assert.equal((await mesh.api("POST", "/api/v1/namespaces/default/services", foreign)).status, 201);
    const cases: readonly [string, readonly string[], RegExp][] = [
      ["twin", ["--service", "api:80", "--port", "0"], /already running/],
      ["other", ["--service", "api:80/tcp", "--port", "0"], /is tcp here, but twin runs it as http/],
      ["other", ["--service", "other:80", "--port", String(busy)], new RegExp(`port ${busy} is in use`)],
      ["other", ["--upstream", `api:80=${busy}`], /EADDRINUSE|in use/],
      ["other", ["--service", "mine:80", "--port", "0"], /default\/mine that someone wrote/],
    ];
    for (const [name, flags, message] of cases) {
      const { code, stderr } = await mesh.meshctl(["run", name, ...flags, "--", "true"]);
      assert.equal(code, 4, `${name} ${flags.join(" ")}: ${stderr}`);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /^\s+at .*:\d+/m);
    }
    assert.equal(await mesh.workload("other"), null);
    await run.stop();
  });
});

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
    process.kill(status?.pid ?? 0, "SIGCONT");
    await mesh.waitReady("slow");
    await run.stop();
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
