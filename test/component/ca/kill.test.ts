import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openFileCa } from "../../support/file-ca.ts";

const program = fileURLToPath(new URL("issue-until-killed.ts", import.meta.url));
let dir = "";
before(() => {
  dir = mkdtempSync(join(tmpdir(), "meshctl-ca-kill-"));
});
after(() => rmSync(dir, { recursive: true, force: true }));

/** Serials the child got certificates for before it was killed, whole lines only. */
async function issueAndKill(directory: string, afterLines: number): Promise<string[]> {
  const child = spawn(process.execPath, ["--import", "tsx", program, directory], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    if (text.split("\n").length > afterLines) child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.once("close", resolve));
  return text.split("\n").slice(0, -1);
}

test("kill -9 loses no certificate that was handed out, reuses no serial, and leaves a CA that opens", async () => {
  const directory = join(dir, "ca");
  const handedOut: string[] = [];
  for (const afterLines of [1, 7, 10, 23]) handedOut.push(...(await issueAndKill(directory, afterLines)));
  assert.equal(new Set(handedOut).size, handedOut.length, "no serial twice");
  const { ca } = await openFileCa(directory);
  for (const serial of handedOut) assert.ok(ca.record(serial), `${serial} is in the log`);
  await ca.close();
});

test("the log is synced to disk between the signature and the answer", (context) => {
  try {
    execFileSync("strace", ["-V"], { stdio: "ignore" });
  } catch {
    context.skip("strace is not installed");
    return;
  }
  const directory = join(dir, "traced");
  const traceFile = join(dir, "trace");
  const calls = "trace=write,pwrite64,fdatasync,fsync";
  const command = [process.execPath, "--import", "tsx", program, directory, "5"];
  const said = execFileSync("strace", ["-f", "-y", "-s", "4096", "-e", calls, "-o", traceFile, ...command], { encoding: "utf8" });
  const lines = readFileSync(traceFile, "utf8").split("\n");
  for (const serial of said.trim().split("\n")) {
    const written = lines.findIndex((line) => line.includes("issued.jsonl") && line.includes(serial));
    const synced = lines.findIndex((line, index) => index > written && /f(?:data)?sync\(\d+<[^>]*issued\.jsonl>\)/.test(line));
    const answered = lines.findIndex((line) => /write\(1</.test(line) && line.includes(serial));
    assert.ok(
      written >= 0 && synced > written && answered > synced,
      `${serial}: written ${written}, synced ${synced}, answered ${answered}`,
    );
  }
});
