import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { type Background, DEMO, isRunning, PATIENT, startMesh } from "../support/mesh.ts";
import { startApi } from "../support/store.ts";

/** Prints what its environment says. */
const PRINT_ENV = ["node", "-e", "for (const n of Object.keys(process.env).sort()) console.log(n + '=' + process.env[n])"];

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

  await t.test("the sidecar's log is there to read, at the level asked for", async () => {
    await mesh.ok(["run", "chatty", "--log-level", "info", "--", "true"]);
    assert.match(await mesh.ok(["local", "logs", "chatty"]), /ready/);
    await mesh.ok(["run", "quiet", "--log-level", "error", "--", "true"]);
    assert.equal(await mesh.ok(["local", "logs", "quiet"]), "");
    const nobody = await mesh.meshctl(["local", "logs", "nobody"]);
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /there is no log/);
  });

  await t.test("the command is told where to listen and whom to call", async () => {
    const flags = ["--service", "env:80", "--port", "0", "--version", "v3", "--upstream", "api:80", "--upstream", "db.shop:5432"];
    const { stdout, stderr } = await mesh.meshctl(["run", "env", ...flags, "--", ...PRINT_ENV]);
    const value = (name: string): string => new RegExp(`^env \\| ${name}=(.*)$`, "m").exec(stdout)?.[1] ?? "";
    assert.match(value("PORT"), /^\d+$/);
    assert.match(value("MESHCTL_UPSTREAM_API_80"), /^127\.0\.0\.1:\d+$/);
    assert.match(value("MESHCTL_UPSTREAM_DB_SHOP_5432"), /^127\.0\.0\.1:\d+$/);
    assert.match(value("http_proxy"), /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(value("HTTP_PROXY"), value("http_proxy"));
    assert.match(value("no_proxy"), /127\.0\.0\.1/);
    assert.equal(value("MESHCTL_VERSION"), "v3");
    assert.doesNotMatch(stdout, /eyJ/, "no token in the environment");
    assert.match(
      stderr,
      /there is no service default\/api yet: .*\n.*there is no service shop\/db yet: calls to it fail until one is there/,
    );
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
    assert.deepEqual(metadata.labels, { team: "store", "meshctl.dev/workload": metadata.name });
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

  await t.test("a killed run: its name is free at once; left alone it is Lost, and its service can be deleted", async () => {
    const start = (): Promise<Background> => mesh.run("killed", ["--service", "hang:80", "--port", "0"], ["node", join(DEMO, "api.js")]);
    const first = await start();
    const { metadata } = (await mesh.workload("killed")) ?? {};
    first.signal("SIGKILL");
    await first.exited;
    const watch = mesh.background(["get", "workloads", "-w"]);
    const second = await start();
    await second.waitForOutput(/default\/killed is in the mesh/);
    const { uid } = (await mesh.waitReady("killed")).metadata;
    assert.notEqual(uid, metadata?.uid);
    const before = watch.stdout;
    second.signal("SIGKILL");
    const { status } = await mesh.waitForWorkload("killed", (workload) => workload.status?.phase === "Lost", "default", 12_000);
    assert.deepEqual(status?.ready, []);
    assert.match(status?.message ?? "", /^its lease ended at \d{4}-.*Z: the run was killed or its machine slept$/);
    await watch.waitForOutput(/killed +Lost/);
    assert.match(watch.stdout.slice(before.length), /^(killed +Running .*\n)*killed +Lost .*\n$/);
    assert.ok(watch.stdout.split("\n").length < 12, `a row for each change, not for each renewal:\n${watch.stdout}`);
    watch.signal("SIGINT");
    assert.match((await mesh.meshctl(["check"])).stdout, /default\/killed is lost: its lease ended at/);
    await mesh.ok(["delete", "service", "hang"]);
    await mesh.ok(["run", "once", "--", "true"]);
    assert.equal((await mesh.api("GET", "/api/v1/namespaces/default/services/hang")).status, 404);
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

  await t.test("conflicts are refused with exit code 4", async (inner) => {
    const run = await startApi(mesh, "twin", "v1");
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    inner.after(() => taken.close());
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
