import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fetchOnce } from "../support/load.ts";
import { freePort, PACKAGE, waitFor } from "../support/mesh.ts";

/** As a user gets it: the tarball, installed into an empty folder, with nothing of this tree beside it. */
test("npm pack, installed elsewhere, runs a mesh", { timeout: 120_000 }, async (t) => {
  const place = mkdtempSync(join(tmpdir(), "meshctl-package-"));
  const env: NodeJS.ProcessEnv = { ...process.env, MESHCTL_HOME: join(place, "home"), npm_config_update_notifier: "false" };
  delete env.NODE_TEST_CONTEXT;
  delete env.NODE_OPTIONS;
  const meshctl = join(place, "node_modules", ".bin", "meshctl");
  const run = (...args: string[]): string =>
    execFileSync(meshctl, args, { cwd: place, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => {
    spawnSync(meshctl, ["uninstall", "--local", "--force"], { cwd: place, env });
    rmSync(place, { recursive: true, force: true });
  });

  const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", place], {
    cwd: PACKAGE,
    env,
    encoding: "utf8",
  });
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  assert.ok(files.some(({ path }) => path === "dist/cli.js") && files.some(({ path }) => path === "templates/demo/api.js"));
  assert.deepEqual(
    files.map(({ path }) => path).filter((path) => /^(src|test|node_modules)\//.test(path)),
    [],
  );
  writeFileSync(join(place, "package.json"), '{ "private": true }\n');
  // Only the tarball's own dependencies that stay outside the bundle are looked up at run time.
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", join(place, filename)], {
    cwd: place,
    env,
    stdio: "ignore",
  });

  run("install", "--local");
  const { spawn } = await import("node:child_process");
  const local = await freePort();
  const api = join(place, "node_modules", "meshctl", "templates", "demo", "api.js");
  const children = [
    spawn(meshctl, ["run", "api1", "--service", "api:80", "--port", "0", "--", "node", api], { cwd: place, env, stdio: "ignore" }),
    spawn(meshctl, ["run", "client", "--upstream", `api:80=${local}`, "--", "sleep", "100"], { cwd: place, env, stdio: "ignore" }),
  ];
  t.after(() => {
    for (const child of children) child.kill("SIGTERM");
  });
  await waitFor(
    "an answer through the mesh",
    async () => (await fetchOnce({ port: local, path: "/items", headers: { host: "api" } })).outcome === "200",
    20_000,
  );

  await t.test("tap", async () => {
    const tap = spawn(meshctl, ["tap", "api", "--max", "1", "-o", "json"], { cwd: place, env, stdio: ["ignore", "pipe", "ignore"] });
    let out = "";
    tap.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    await waitFor("one event", async () => {
      await fetchOnce({ port: local, path: "/items", headers: { host: "api" } });
      return tap.exitCode !== null;
    });
    assert.equal((JSON.parse(out.split("\n")[0] ?? "") as { path: string }).path, "/items");
  });

  await t.test("completion scripts are accepted by their shells, and live names are completed", () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const script = run("completion", shell);
      assert.ok(script.length > 100);
      // As a file: fish does not read a script from a socket, which is what a child's stdin is here.
      const file = join(place, `completion.${shell}`);
      writeFileSync(file, script);
      const checked = spawnSync(shell, ["-n", file], { encoding: "utf8" });
      if (checked.error) t.diagnostic(`${shell} is not installed: its script was made, not parsed`);
      else assert.equal(checked.status, 0, `${shell}: ${checked.stderr}`);
    }
    assert.match(run("complete", "--", "describe", "workload", ""), /^api1/m);
  });

  for (const child of children) child.kill("SIGTERM");
  await Promise.all(
    children.map((child) => waitFor("the end of a run", () => child.exitCode !== null || child.signalCode !== null, 15_000)),
  );
  assert.match(run("uninstall", "--local"), /removed|uninstalled|gone/i);
});
