import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { homeLayout } from "../../../src/home/layout.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { Host } from "../../../src/local/host.ts";
import { withLock } from "../../../src/local/lock.ts";
import { Background, waitFor } from "../../support/mesh.ts";

const HOLDER = fileURLToPath(new URL("./meshctl-lock-holder.ts", import.meta.url));

function host(t: TestContext): Host {
  const root = mkdtempSync(join(tmpdir(), "meshctl-lock-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return {
    layout: homeLayout(root),
    env: {},
    cwd: root,
    uid: undefined,
    pid: process.pid,
    nodePath: "",
    clock: systemClock,
    random: () => 0.5,
  };
}

function holder(t: TestContext, root: string): Background {
  const background = new Background(spawn(process.execPath, ["--import", "tsx", HOLDER, root], { stdio: ["pipe", "pipe", "inherit"] }));
  t.after(() => background.child.kill("SIGKILL"));
  return background;
}

test("a second one waits for the first, says for whom, and takes over what a killed one held", async (t) => {
  const { layout } = host(t);
  const first = holder(t, layout.root);
  await first.waitForOutput(/holds it/);
  const second = holder(t, layout.root);
  await second.waitForOutput(new RegExp(`waits for ${first.pid}`));
  assert.ok(!second.stdout.includes("holds it"));
  first.child.stdin?.end();
  await second.waitForOutput(/holds it/);
  const third = holder(t, layout.root);
  await third.waitForOutput(new RegExp(`waits for ${second.pid}`));
  second.child.kill("SIGKILL");
  await third.waitForOutput(/holds it/);
  third.child.stdin?.end();
  assert.equal((await third.exited).code, 0);
  assert.deepEqual(readdirSync(layout.root), []);
});

test("the lock of no process, of another program, and of our own number in an earlier life is taken over", async (t) => {
  const here = host(t);
  const lock = join(here.layout.root, "lock");
  for (const text of ["4194304", "1", String(process.pid), "garbage", ""]) {
    writeFileSync(lock, text);
    const seen = await withLock(
      here,
      () => {},
      async () => readFileSync(lock, "utf8"),
    );
    assert.equal(seen, String(process.pid), text);
  }
  await waitFor("nothing left", () => readdirSync(here.layout.root).length === 0);
});

test("the lock is given back when the work fails", async (t) => {
  const here = host(t);
  await assert.rejects(
    withLock(
      here,
      () => {},
      () => Promise.reject(new Error("broken")),
    ),
    /broken/,
  );
  assert.deepEqual(readdirSync(here.layout.root), []);
});
