import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { homeLayout } from "../../../src/home/layout.ts";
import { type ControllerAddress, ControllerWatch } from "../../../src/local/run/controller-watch.ts";
import { PausedClock } from "../../support/paused-clock.ts";

test("each move of the controller is told once; a file that is gone, cut or the same tells nothing", (t) => {
  const layout = homeLayout(mkdtempSync(join(tmpdir(), "meshctl-watch-")));
  t.after(() => rmSync(layout.root, { recursive: true, force: true }));
  mkdirSync(dirname(layout.controllerFile), { recursive: true });
  const write = (discoveryPort: number, httpsPort: number): void =>
    writeFileSync(layout.controllerFile, JSON.stringify({ pid: 1, discoveryPort, httpsPort, startedAt: "", version: "" }));
  const clock = new PausedClock(0);
  const moves: ControllerAddress[] = [];
  write(1, 2);
  const from = { discovery: "127.0.0.1:1", https: "127.0.0.1:2" };
  const watch = new ControllerWatch({ layout, clock, from, moved: (to) => moves.push(to) });
  const pass = (): void => clock.advance(2_000);
  pass();
  rmSync(layout.controllerFile);
  pass();
  writeFileSync(layout.controllerFile, '{"pid": 1');
  pass();
  assert.deepEqual(moves, []);
  write(3, 2);
  pass();
  pass();
  write(3, 4);
  pass();
  assert.deepEqual(moves, [
    { discovery: "127.0.0.1:3", https: "127.0.0.1:2" },
    { discovery: "127.0.0.1:3", https: "127.0.0.1:4" },
  ]);
  watch.close();
  write(5, 6);
  pass();
  assert.equal(moves.length, 2);
});
