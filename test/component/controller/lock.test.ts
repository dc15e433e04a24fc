import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { UserError } from "../../../src/lib/errors.ts";
import { open } from "lmdb";
import { lockHome } from "../../../src/main/controller/lock.ts";
import { temporaryHome } from "./setup.ts";

const STARTER = fileURLToPath(new URL("./meshctl-controller-lock.ts", import.meta.url));

/** A process that tries the lock when told. */
class Starter {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(root: string) {
    this.child = spawn(process.execPath, ["--import", "tsx", STARTER, root], { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface(this.child.stdout)[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    return String((await this.#lines.next()).value);
  }

  try(): void {
    this.child.stdin.write("now\n");
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGKILL");
    await once(this.child, "exit");
  }
}

it("of eight controllers that start at once over a dead one's lock exactly one goes on, again and again", async (context) => {
  const { layout, remove } = temporaryHome();
  mkdirSync(layout.local, { recursive: true });
  const starters = Array.from({ length: 8 }, () => new Starter(layout.root));
  context.after(async () => {
    await Promise.all(starters.map((starter) => starter.kill()));
    remove();
  });
  const dead = new Starter(layout.root);
  for (const starter of [dead, ...starters]) assert.equal(await starter.line(), "ready");
  dead.try();
  assert.equal(await dead.line(), "held");
  await dead.kill();

  for (let left = [...starters]; left.length > 0; ) {
    for (const starter of left) starter.try();
    const lines = await Promise.all(left.map((starter) => starter.line()));
    const [holder, ...others] = left.filter((_, index) => lines[index] === "held");
    assert.ok(holder !== undefined && others.length === 0, lines.join("\n"));
    const refusal = `a controller (process ${holder.child.pid}) already runs on ${layout.root}`;
    assert.deepEqual(new Set(lines), new Set(left.length === 1 ? ["held"] : ["held", refusal]));
    await holder.kill();
    left = left.filter((starter) => starter !== holder);
  }
});

it("is given back at the end, and our own number of an earlier life is no obstacle", async (context) => {
  const { layout, remove } = temporaryHome();
  context.after(remove);
  mkdirSync(layout.local, { recursive: true });
  for (let life = 0; life < 2; life += 1) await lockHome(layout, process.pid)();
  const earlier = open<number, string>({ path: join(layout.local, "controller.lock"), noSubdir: true, encoding: "json" });
  await earlier.put("holder", process.pid);
  await earlier.close();
  await lockHome(layout, process.pid)();
});

it("that cannot be read is an error with its way out", (context) => {
  const { layout, remove } = temporaryHome();
  context.after(remove);
  mkdirSync(layout.local, { recursive: true });
  writeFileSync(join(layout.local, "controller.lock"), "4711\n".repeat(2_000));
  assert.throws(
    () => lockHome(layout, process.pid),
    (error) => error instanceof UserError && /controller\.lock cannot be opened/.test(error.message) && /remove it/.test(error.hint ?? ""),
  );
});
