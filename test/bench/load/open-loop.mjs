// Sends requests at a fixed rate whatever the answers do, and tells how long each took from the instant it was due: a
// stalled server is charged with every request that should have gone out meanwhile (no coordinated omission).
// Arguments: port, path, requests per second, seconds, connections. Prints one line of JSON.
import { connect } from "node:net";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const MAX_CONNECTIONS = 1_000;
const GRACE_MS = 2_000;
const WARM_UP_MS = 500;

function tick() {
  // Timers of the event loop have whole milliseconds; a futex has microseconds.
  const { intervalMs, cell } = workerData;
  let due = performance.now();
  for (;;) {
    due += intervalMs;
    Atomics.wait(cell, 0, 0, Math.max(0, due - performance.now()));
    if (Atomics.load(cell, 0) !== 0) return;
    parentPort.postMessage(0, []);
  }
}

class Connection {
  constructor(pool) {
    this.pool = pool;
    this.dueMs = 0;
    this.busy = false;
    this.text = "";
    this.socket = connect({ port: pool.port, host: "127.0.0.1", noDelay: true });
    this.socket.setEncoding("latin1");
    this.socket.on("data", (text) => this.read(text));
    this.socket.on("error", () => {});
    this.socket.on("close", () => pool.lost(this));
  }

  send(dueMs) {
    this.busy = true;
    this.dueMs = dueMs;
    this.socket.write(this.pool.request);
  }

  read(text) {
    this.text += text;
    const end = this.text.indexOf("\r\n\r\n");
    if (end === -1) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.text)?.[1] ?? 0);
    if (this.text.length < end + 4 + length) return;
    const ok = this.text.startsWith("HTTP/1.1 200");
    this.text = "";
    this.busy = false;
    this.pool.answered(this, ok);
  }
}

class Pool {
  constructor(port, path, count) {
    this.port = port;
    this.request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
    this.size = 0;
    this.idle = [];
    this.inFlight = 0;
    this.counting = false;
    this.answers = [];
    this.lateness = [];
    this.errors = 0;
    for (let index = 0; index < count; index += 1) this.idle.push(this.open());
  }

  open() {
    this.size += 1;
    return new Connection(this);
  }

  send(dueMs) {
    // In turns, so that all of them are used.
    const connection = this.idle.shift() ?? (this.size < MAX_CONNECTIONS ? this.open() : undefined);
    if (connection === undefined) {
      if (this.counting) this.errors += 1;
      return;
    }
    this.inFlight += 1;
    if (this.counting) this.lateness.push(performance.now() - dueMs);
    connection.send(dueMs);
  }

  answered(connection, ok) {
    this.inFlight -= 1;
    this.idle.push(connection);
    if (!this.counting) return;
    this.answers.push(performance.now() - connection.dueMs);
    if (!ok) this.errors += 1;
  }

  lost(connection) {
    this.size -= 1;
    const at = this.idle.indexOf(connection);
    if (at !== -1) this.idle.splice(at, 1);
    if (!connection.busy) return;
    this.inFlight -= 1;
    if (this.counting) this.errors += 1;
  }
}

function quantiles(values) {
  const sorted = Float64Array.from(values).sort();
  const at = (share) => Math.round((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) * 1_000);
  return { p50Us: at(0.5), p95Us: at(0.95), p99Us: at(0.99), maxUs: at(1) };
}

async function main() {
  const [port, path, rate, seconds, connections] = process.argv.slice(2).map((word, index) => (index === 1 ? word : Number(word)));
  const intervalMs = 1_000 / rate;
  const pool = new Pool(port, path, connections);
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL(import.meta.url), { workerData: { intervalMs, cell } });
  await new Promise((resolve) => worker.once("online", resolve));
  const startMs = performance.now();
  const endMs = startMs + WARM_UP_MS + seconds * 1_000;
  let nextDueMs = startMs;
  await new Promise((resolve) => {
    worker.on("message", () => {
      const nowMs = performance.now();
      pool.counting = nowMs >= startMs + WARM_UP_MS;
      for (; nextDueMs <= nowMs && nextDueMs < endMs; nextDueMs += intervalMs) pool.send(nextDueMs);
      if (nowMs >= endMs) resolve();
    });
  });
  Atomics.store(cell, 0, 1);
  Atomics.notify(cell, 0);
  const graceMs = performance.now() + GRACE_MS;
  while (pool.inFlight > 0 && performance.now() < graceMs) await new Promise((resolve) => setTimeout(resolve, 5));
  const result = {
    answered: pool.answers.length,
    errors: pool.errors + pool.inFlight,
    ...quantiles(pool.answers),
    sentLate: quantiles(pool.lateness),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}

if (isMainThread) void main();
else tick();
