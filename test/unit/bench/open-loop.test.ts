/** A server that stalls is charged with every request that was due meanwhile, not only with those it had in hand. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { runOpenLoop } from "../../bench/load/open-loop.ts";

const RATE = 100;
const SECONDS = 2;
const STALL_MS = 1_000;
const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

const skip = spawnSync("which", ["taskset"]).status === 0 ? false : "taskset is not installed";

test("no coordinated omission", { skip }, async (t) => {
  let stalledUntil = 0;
  let answered = 0;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => {
      answered += 1;
      // Half of the run is over, the warm-up too.
      if (answered === RATE) stalledUntil = performance.now() + STALL_MS;
      setTimeout(() => socket.write(ANSWER), Math.max(0, stalledUntil - performance.now()));
    });
  });
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const result = await runOpenLoop((server.address() as AddressInfo).port, RATE, SECONDS, 0);
  assert.equal(result.errors, 0);
  // A hundred of two hundred were due during the stall, and waited half of it on average.
  assert.ok(result.answered >= RATE * SECONDS * 0.9, `${result.answered} answered`);
  assert.ok(result.p95Us >= STALL_MS * 1_000 * 0.6, `p95 is ${result.p95Us} µs`);
  assert.ok(result.maxUs >= STALL_MS * 1_000 * 0.9, `the longest took ${result.maxUs} µs`);
});

test("answers that are not 200, and connections that break, are errors", { skip }, async (t) => {
  let count = 0;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => {
      count += 1;
      if (count % 2 === 0) socket.destroy();
      else socket.write(ANSWER.replace("200 OK", "503 No"));
    });
  });
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const result = await runOpenLoop((server.address() as AddressInfo).port, RATE, 1, 0);
  assert.ok(result.errors >= RATE * 0.8, `${result.errors} errors`);
});
