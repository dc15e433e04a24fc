import assert from "node:assert/strict";
import { test } from "node:test";
import { type Issuance, IssuanceLog } from "../../../src/ca/issuance-log.ts";
import { memoryLog, NOW, WEB } from "./memory.ts";

const HOUR = 3_600_000;

function record(serial: number, atMs: number, lifeMs: number): Issuance {
  return {
    serial: serial.toString(16).padStart(32, "0"),
    identity: WEB,
    instance: "default/web-1",
    issuedAtMs: atMs,
    notBeforeMs: atMs,
    notAfterMs: atMs + lifeMs,
    issuer: "CN=issuer",
    issuerSerial: "01",
    via: "leaf",
  };
}

test("records are found again after opening anew", async () => {
  const lines = memoryLog();
  const log = await IssuanceLog.open(lines);
  await log.add(record(1, NOW, HOUR), NOW);
  const again = await IssuanceLog.open(lines);
  assert.equal(again.has(record(1, 0, 0).serial), true);
  assert.deepEqual(again.get(record(1, 0, 0).serial), record(1, NOW, HOUR));
  assert.deepEqual(
    again.list(NOW).map(({ state }) => state),
    ["current"],
  );
});

test("what expired over an hour ago is forgotten in memory and in the file, whatever stands before it; nothing else is", async () => {
  const lines = memoryLog();
  const log = await IssuanceLog.open(lines);
  await log.add(record(0, NOW, 24 * HOUR), NOW);
  for (let serial = 1; serial < 999; serial += 1) await log.add(record(serial, NOW, 60_000), NOW);
  const laterMs = NOW + HOUR + 61_000;
  assert.equal(log.list(laterMs).length, 999);
  await log.add(record(999, laterMs, HOUR), laterMs);
  assert.deepEqual(
    log.list(laterMs).map(({ serial }) => Number.parseInt(serial, 16)),
    [999, 0],
  );
  assert.equal(lines.lines.length, 2);
});

test("a file that cannot be shortened does not undo what was recorded", async () => {
  const lines = memoryLog();
  const log = await IssuanceLog.open(lines);
  lines.replace = async () => {
    throw new Error("disk full");
  };
  for (let serial = 0; serial < 1_000; serial += 1) await log.add(record(serial, NOW - 3 * HOUR, 60_000), NOW);
  assert.equal(lines.lines.length, 1_000);
});

test("records added while the file is rewritten are not lost", async () => {
  const lines = memoryLog();
  const log = await IssuanceLog.open(lines);
  for (let serial = 0; serial < 999; serial += 1) await log.add(record(serial, NOW - 3 * HOUR, 60_000), NOW);
  const replace = lines.replace.bind(lines);
  lines.replace = async (next) => {
    await new Promise(setImmediate);
    await replace(next);
  };
  await Promise.all([log.add(record(1_000, NOW, HOUR), NOW), log.add(record(1_001, NOW, HOUR), NOW)]);
  const again = await IssuanceLog.open(lines);
  for (const serial of [1_000, 1_001]) assert.ok(again.has(record(serial, 0, 0).serial), String(serial));
});
