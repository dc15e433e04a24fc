import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { test } from "node:test";
import { emptyMesh, waitFor } from "../support/mesh.ts";

test("the tour, as a test: all measured values right, nothing left behind", { timeout: 90_000 }, async (t) => {
  const mesh = emptyMesh(t);
  const { code, stdout, stderr } = await mesh.meshctl(["demo", "--exit"], { limitMs: 80_000 });
  assert.equal(code, 0, stdout + stderr);
  for (const shown of [
    /^\$ meshctl route split api --weight v1=90 --weight v2=10$/m,
    /√ v2, counted by the client: \d+ of 2000/,
    /√ client saw v1 \d+, v2 \d+; the backends counted/,
    /√ 503 with reason fault-abort: \d+ of 1000/,
    /√ took 200 ms or longer: \d+ of 400/,
    /√ \d+ requests from shopper, each over mutual TLS/,
    /^\$ meshctl trace show [0-9a-f]{16}$/m,
    /√ 4 spans of 3 proxies, each the child of the one before/,
    /√ the certificate chains to the mesh's root and says URI:spiffe:\/\/cluster\.local\/ns\/default\/sa\/api1/,
    /√ a client without a certificate gets no answer/,
    /everything measured was as it should be/,
  ]) {
    assert.match(stdout, shown);
  }
  await nothingLeft(homeIn(stdout + stderr));
});

test("Ctrl-C ends the tour and takes away what it had started", { timeout: 60_000 }, async (t) => {
  const demo = emptyMesh(t).background(["demo"]);
  // With or without --exit: there is no terminal to leave anything to.
  await demo.waitForOutput(/^3\/\d+ /m, 40_000);
  demo.signal("SIGINT");
  assert.equal((await demo.exited).code, 130);
  await nothingLeft(homeIn(demo.stdout + demo.stderr));
});

/** State directory the tour made for itself. */
function homeIn(output: string): string {
  const home = /State and credentials are in (\S+)\./.exec(output)?.[1] ?? "";
  assert.ok(home.startsWith(tmpdir()), output);
  return home;
}

/** Neither files nor any process that was told this state directory. */
async function nothingLeft(home: string): Promise<void> {
  assert.ok(!existsSync(dirname(home)));
  await waitFor(
    "the end of every process",
    () => processesOf(home).length === 0,
    5_000,
    () => processesOf(home).join(" "),
  );
}

function processesOf(home: string): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`MESHCTL_HOME=${home}\0`);
    } catch {
      return false;
    }
  });
}
