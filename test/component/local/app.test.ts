import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../../src/lib/clock.ts";
import { App } from "../../../src/local/run/app.ts";
import { LinePrefix } from "../../../src/local/run/line-prefix.ts";
import { isRunning, waitFor } from "../../support/mesh.ts";

function start(...command: [string, ...string[]]): { readonly app: App; readonly out: string[]; readonly err: string[] } {
  const out: string[] = [];
  const err: string[] = [];
  const app = new App({
    command,
    cwd: "/",
    env: { PATH: process.env.PATH },
    stdout: new LinePrefix("o ", (text) => out.push(text)),
    stderr: new LinePrefix("e ", (text) => err.push(text)),
    clock: systemClock,
  });
  return { app, out, err };
}

test("exit codes are the command's own", async () => {
  for (const code of [0, 1, 7, 255]) assert.equal((await start("sh", "-c", `exit ${code}`).app.ended).exitCode, code);
  assert.equal((await start("sh", "-c", "kill -9 $$").app.ended).exitCode, 137);
  assert.equal((await start("sh", "-c", "kill -TERM $$").app.ended).exitCode, 143);
});

test("a program that is not there, or may not run, ends like a shell says it", async () => {
  assert.deepEqual(await start("no-such-program-at-all").app.ended, {
    exitCode: 127,
    signal: null,
    startError: "there is no such program",
  });
  assert.deepEqual(await start("/etc/passwd").app.ended, { exitCode: 126, signal: null, startError: "it may not be executed" });
});

test("output comes line by line, to the last one", async () => {
  const { app, out, err } = start("sh", "-c", "echo one; echo two >&2; printf three");
  await app.ended;
  assert.equal(out.join(""), "o one\no three\n");
  assert.equal(err.join(""), "e two\n");
});

test("a signal reaches the program behind a shell", async () => {
  const { app, out } = start(
    "sh",
    "-c",
    `${process.execPath} -e 'process.on("SIGINT",()=>{console.log("got it");process.exit(3)});setInterval(()=>{},1e3);console.log("up")'; exit $?`,
  );
  await waitFor("the program", () => out.join("").includes("up"));
  // The shell ends by the same signal only after its child has answered it.
  app.signal("SIGINT");
  await app.ended;
  assert.match(out.join(""), /got it/);
});

test("what a command leaves behind in its group ends with it", async () => {
  const { app, out } = start("sh", "-c", "sleep 300 & echo $!; exit 5");
  assert.equal((await app.ended).exitCode, 5);
  const pid = Number(out.join("").replace("o ", ""));
  await waitFor("the left-over", () => !isRunning(pid));
});

test("kill -9 of the supervisor ends the command and its children", async (t) => {
  const supervisor = spawn(process.execPath, ["--import", "tsx", fileURLToPath(new URL("./supervisor.ts", import.meta.url))], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => supervisor.kill("SIGKILL"));
  let text = "";
  supervisor.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const pids = await waitFor("both processes", () => (text.trim().split("\n").length === 2 ? text.trim().split("\n").map(Number) : null));
  assert.ok(pids.every(isRunning));
  supervisor.kill("SIGKILL");
  // A program that ignores SIGTERM has two seconds; the promise is ten.
  await waitFor(
    "their end",
    () => !pids.some(isRunning),
    10_000,
    () => pids.map((pid) => readFileSync(`/proc/${pid}/stat`, "utf8")).join(""),
  );
});
