import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage } from "../../../src/cli/commands/demo/stage.ts";
import type { Context } from "../../../src/cli/context.ts";
import { homeLayout } from "../../../src/home/layout.ts";
import type { Host } from "../../../src/local/host.ts";

const context = { colour: { stdout: false }, env: { PATH: process.env.PATH } } as unknown as Context;
const host = { layout: homeLayout("/nonexistent/demo"), nodePath: process.execPath } as unknown as Host;
const stage = new Stage(context, host, 1);

test("a command of the tour is shown as it prints, and its output kept whole", async () => {
  let shown = "";
  const script = "printf 'a√'; printf 'b\\n'; echo talk >&2; exit 3";
  const { code, output } = await stage.capture("/bin/sh", ["-c", script], (text) => (shown += text));
  assert.deepEqual({ code, output }, { code: 3, output: "a√b\n" });
  assert.match(shown, /a√b\n/);
  assert.match(shown, /talk\n/);
});

test("it gets the demo's environment and no other, and what cannot be started is a failure", async () => {
  const { output } = await stage.capture("/bin/sh", ["-c", "echo talk >&2; env | grep -E '^(MESHCTL_HOME|NO_COLOR|HOME)='"], null);
  assert.deepEqual(output.trim().split("\n").sort(), ["MESHCTL_HOME=/nonexistent/demo", "NO_COLOR=1"]);
  await assert.rejects(stage.capture("/nonexistent/program", [], null), /ENOENT/);
  assert.equal((await stage.capture("/bin/sh", ["-c", "kill -9 $$"], null)).code, 1);
});
