import assert from "node:assert/strict";
import { appendFileSync, closeSync, existsSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../../src/lib/clock.ts";
import { followLog, logTail, openLog } from "../../../src/local/log-file.ts";
import { waitFor } from "../../support/mesh.ts";

function file(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "meshctl-log-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, "some.log");
}

test("the tail is whole lines, from a place on, also of a large file", (t) => {
  const path = file(t);
  assert.deepEqual(logTail(path, 5), []);
  writeFileSync(path, "one\ntwo\nthree");
  assert.deepEqual(logTail(path, 2), ["two", "three"]);
  assert.deepEqual(logTail(path, 5, 4), ["two", "three"]);
  writeFileSync(path, Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`).join(""));
  assert.deepEqual(logTail(path, 2), ["line 19998", "line 19999"]);
  assert.ok(logTail(path, 1_000_000).every((line) => /^line \d+$/.test(line)));
});

test("following shows what is appended, and starts over in a file made shorter", async (t) => {
  const path = file(t);
  writeFileSync(path, "old\n");
  const stop = new AbortController();
  let seen = "";
  const following = (async () => {
    for await (const chunk of followLog(path, 4, systemClock, stop.signal)) seen += chunk.toString("utf8");
  })();
  appendFileSync(path, "new\n");
  await waitFor("the new line", () => seen === "new\n");
  truncateSync(path, 0);
  appendFileSync(path, "x\n");
  await waitFor("the fresh line", () => seen === "new\nx\n");
  stop.abort();
  await following;
});

test("a log is private, and moved aside when it has grown large", (t) => {
  const path = file(t);
  closeSync(openLog(path));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  truncateSync(path, 17 * 1024 * 1024);
  closeSync(openLog(path));
  assert.equal(statSync(path).size, 0);
  assert.ok(existsSync(`${path}.1`));
});
