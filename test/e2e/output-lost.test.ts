import assert from "node:assert/strict";
import { test } from "node:test";
import { startMesh } from "../support/mesh.ts";

test("a run whose reader went away ends in order and leaves no workload", async (t) => {
  const mesh = await startMesh(t);
  const run = await mesh.run("talker", [], [process.execPath, "-e", "setInterval(() => console.log('again'), 20)"]);
  await run.waitForOutput(/again/);
  run.child.stdout?.destroy();
  await run.exited;
  assert.equal(await mesh.workload("talker"), null);
});
