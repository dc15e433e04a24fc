import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createRotatingLines } from "../../../src/lib/rotating-lines.ts";

test("lines stay in order in files of a bounded size and number, for their owner only; the oldest go", async (t) => {
  const directory = join(mkdtempSync(join(tmpdir(), "meshctl-lines-")), "audit");
  t.after(() => rmSync(directory, { recursive: true }));
  const failures: unknown[] = [];
  const options = {
    directory,
    name: "api",
    maxFileBytes: 100,
    files: 3,
    maxWaiting: 1000,
    failed: (error: unknown) => failures.push(error),
  };
  const lines = createRotatingLines(options);
  for (let number = 0; number < 50; number += 1) {
    const written = lines.append(`line ${String(number).padStart(2, "0")}`);
    if (number % 7 === 0) await written;
  }
  await lines.close();
  assert.deepEqual(readdirSync(directory).sort(), ["api.1.jsonl", "api.2.jsonl", "api.jsonl"]);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  const texts = ["api.2.jsonl", "api.1.jsonl", "api.jsonl"].map((name) => readFileSync(join(directory, name), "utf8"));
  for (const [index, name] of ["api.2.jsonl", "api.1.jsonl", "api.jsonl"].entries()) {
    assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600);
    assert.ok((texts[index] as string).length <= 100);
  }
  const kept = texts.join("").trim().split("\n");
  assert.deepEqual(
    kept,
    Array.from({ length: kept.length }, (_, index) => `line ${50 - kept.length + index}`),
  );
  assert.deepEqual(failures, []);

  const again = createRotatingLines(options);
  await again.append("after a restart");
  await again.close();
  assert.match(readFileSync(join(directory, "api.jsonl"), "utf8"), /after a restart\n$/);
});

test("a disk that does not keep up costs lines, never memory", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "meshctl-lines-"));
  t.after(() => rmSync(directory, { recursive: true }));
  let lost = 0;
  const lines = createRotatingLines({ directory, name: "api", maxFileBytes: 1e6, files: 2, maxWaiting: 5, failed: () => (lost += 1) });
  for (let number = 0; number < 8; number += 1) void lines.append("x");
  await lines.close();
  assert.equal(lost, 3);
  assert.equal(readFileSync(join(directory, "api.jsonl"), "utf8"), "x\n".repeat(5));
});
