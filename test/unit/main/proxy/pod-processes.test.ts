import assert from "node:assert/strict";
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { countOthers, watchForQuit } from "../../../../src/main/proxy/pod-processes.ts";
import { PausedClock } from "../../../support/paused-clock.ts";

describe("the end of a job's pod", () => {
  it("counts processes of other containers: not the first, not the own user's, not what has ended", (t) => {
    const proc = mkdtempSync(join(tmpdir(), "meshctl-proc-"));
    t.after(() => rmSync(proc, { recursive: true, force: true }));
    const add = (pid: number, state: string, name = "app"): void => {
      mkdirSync(join(proc, String(pid)));
      writeFileSync(join(proc, String(pid), "stat"), `${pid} (${name}) ${state} 0 0 0`);
    };
    const own = process.getuid?.() ?? 0;
    add(1, "S", "pause");
    add(7, "S", "a) R (b");
    add(8, "Z", "gone) S");
    writeFileSync(join(proc, "uptime"), "1");
    mkdirSync(join(proc, "9"));
    assert.equal(countOthers(proc, own + 1), 1);
    assert.equal(countOthers(proc, own), 0, "all of them are the sidecar's own");
    if (own === 0) {
      chownSync(join(proc, "7"), 1337, 1337);
      assert.equal(countOthers(proc, 1337), 0);
    }
  });

  it("is when nothing ran for the time given, after something did", () => {
    const clock = new PausedClock(0);
    let [others, ended] = [0, false];
    watchForQuit({ clock, afterMs: 2_000, others: () => others, quit: () => (ended = true) });
    clock.advance(60_000);
    assert.equal(ended, false, "nothing has started yet");
    others = 2;
    clock.advance(1_000);
    others = 0;
    clock.advance(1_500);
    others = 1;
    clock.advance(1_000);
    others = 0;
    clock.advance(2_000);
    assert.equal(ended, false, "a container that starts again begins anew");
    clock.advance(1_000);
    assert.equal(ended, true);
  });
});
