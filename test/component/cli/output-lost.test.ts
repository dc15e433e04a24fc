import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { type CliMesh, startCliMesh } from "../../support/cli.ts";
import { MESHCTL } from "../../support/mesh.ts";

let mesh: CliMesh;
before(async () => {
  mesh = await startCliMesh();
});
after(() => mesh.close());

describe("output that cannot be written", { skip: existsSync("/dev/full") ? false : "no /dev/full here" }, () => {
  for (const argv of [["get", "svc", "-o", "yaml"], ["--help"], ["version", "--client"]]) {
    it(`meshctl ${argv.join(" ")} > /dev/full is one line and exit code 1`, async () => {
      const full = openSync("/dev/full", "w");
      const env = { ...process.env, MESHCTL_HOME: mesh.home };
      const child = spawn(process.execPath, [MESHCTL, ...argv], { env, stdio: ["ignore", full, "pipe"] });
      let stderr = "";
      child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      const code = await new Promise((resolve) => child.once("close", resolve));
      closeSync(full);
      assert.equal(stderr, "Error: cannot write the output: no space left on device\n");
      assert.equal(code, 1);
    });
  }
});
