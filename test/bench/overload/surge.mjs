/**
 * Open-loop load in phases: requests come when they are due, whatever became of the others, each on a keep-alive
 * connection that has none under way. All connections are opened before: a flood of new ones is another load than this.
 * Latencies count from the instant a request was due, those of 503 also from when it was sent; one that waits 3 s for a
 * free connection is given up.
 * Usage: surge.mjs PORT PATH CONNECTIONS RATE:SECONDS … ; says "open" to its parent when they are, and prints one JSON object.
 */
import { connect } from "node:net";

const [port, path, connections, ...phases] = process.argv.slice(2);
const REQUEST = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: api\r\n\r\n`);
/** Read into and looked at in one turn. */
const SHARED = Buffer.allocUnsafe(16_384);
const SLOT_MS = 250;
/** Whoever has waited that long is gone. */
const PATIENCE_MS = 3_000;
const plan = phases.map((phase) => phase.split(":").map(Number));
const totalMs = plan.reduce((sum, [, seconds]) => sum + seconds * 1_000, 0);

const slots = [];
const idle = [];
/** Instants at which requests were due that wait for a connection, oldest first. */
let queue = [];
let queueAt = 0;
let open = 0;
let inFlight = 0;
let startMs = 0;
/** Requests that have been due. */
let issued = 0;
let lastPhase = 0;
let surgeCpuUs = 0;

function slotOf(nowMs) {
  const index = Math.min(Math.floor((nowMs - startMs) / SLOT_MS), Math.ceil(totalMs / SLOT_MS) + 12);
  while (slots.length <= index)
    slots.push({ due: 0, ok: 0, shed: 0, other: 0, broken: 0, gaveUp: 0, okMs: [], shedMs: [], shedSentMs: [], open: 0 });
  return slots[index];
}

function send(connection, dueMs) {
  connection.dueMs = dueMs;
  connection.sentMs = performance.now();
  connection.busy = true;
  inFlight += 1;
  connection.socket.write(REQUEST);
}

function next(connection) {
  const dueMs = takeDue();
  if (dueMs === null) idle.push(connection);
  else send(connection, dueMs);
}

function takeDue() {
  const nowMs = performance.now();
  while (queueAt < queue.length) {
    const dueMs = queue[queueAt];
    queueAt += 1;
    if (queueAt > 65_536) {
      queue = queue.slice(queueAt);
      queueAt = 0;
    }
    if (nowMs - dueMs <= PATIENCE_MS) return dueMs;
    slotOf(nowMs).gaveUp += 1;
  }
  return null;
}

function answered(connection, status) {
  const nowMs = performance.now();
  const slot = slotOf(nowMs);
  inFlight -= 1;
  connection.busy = false;
  const ms = nowMs - connection.dueMs;
  if (status === 200) {
    slot.ok += 1;
    slot.okMs.push(ms);
  } else if (status === 503) {
    slot.shed += 1;
    slot.shedMs.push(ms);
    slot.shedSentMs.push(nowMs - connection.sentMs);
  } else slot.other += 1;
}

function openConnection() {
  open += 1;
  const connection = { socket: null, busy: false, dueMs: 0, sentMs: 0, text: "" };
  const socket = connect({
    port: Number(port),
    host: "127.0.0.1",
    noDelay: true,
    onread: {
      buffer: SHARED,
      callback(count, buffer) {
        connection.text += buffer.latin1Slice(0, count);
        const head = connection.text.indexOf("\r\n\r\n");
        if (head < 0) return true;
        const length = Number(/content-length: (\d+)/i.exec(connection.text)?.[1] ?? 0);
        if (connection.text.length < head + 4 + length) return true;
        answered(connection, Number(connection.text.slice(9, 12)));
        const closes = /connection: close/i.test(connection.text.slice(0, head));
        connection.text = "";
        if (closes) socket.destroy();
        else next(connection);
        return true;
      },
    },
  });
  connection.socket = socket;
  socket.once("connect", () => next(connection));
  socket.on("error", () => {});
  socket.once("close", () => {
    open -= 1;
    // Whoever is cut off comes back.
    setTimeout(openConnection, 100);
    const place = idle.indexOf(connection);
    if (place >= 0) idle.splice(place, 1);
    if (!connection.busy) return;
    inFlight -= 1;
    slotOf(performance.now()).broken += 1;
  });
}

function quantiles(values) {
  values.sort((a, b) => a - b);
  const at = (part) => values[Math.min(values.length - 1, Math.floor(part * values.length))] ?? null;
  return { p50: at(0.5), p99: at(0.99), max: values.at(-1) ?? null };
}

function tick() {
  const nowMs = performance.now();
  const atMs = nowMs - startMs;
  let fromMs = 0;
  let dueNow = 0;
  for (const [rate, seconds] of plan) {
    dueNow += (Math.max(0, Math.min(atMs, fromMs + seconds * 1_000) - fromMs) * rate) / 1_000;
    fromMs += seconds * 1_000;
  }
  let toSend = Math.floor(dueNow) - issued;
  issued += toSend;
  // The second phase is the surge.
  const phase = atMs < plan[0][1] * 1_000 ? 0 : atMs < (plan[0][1] + plan[1][1]) * 1_000 ? 1 : 2;
  if (phase !== lastPhase) {
    const { user, system } = process.cpuUsage();
    surgeCpuUs = phase === 1 ? -(user + system) : surgeCpuUs + user + system;
    lastPhase = phase;
  }
  const slot = slotOf(nowMs);
  slot.due += toSend;
  slot.open = open;
  for (; toSend > 0; toSend -= 1) {
    const connection = idle.pop();
    if (connection !== undefined) send(connection, nowMs);
    else queue.push(nowMs);
  }
  if (atMs < totalMs) setTimeout(tick, 1);
  else setTimeout(report, PATIENCE_MS);
}

function report() {
  const text = JSON.stringify({
    slotMs: SLOT_MS,
    unanswered: inFlight,
    generatorCores: surgeCpuUs / (plan[1][1] * 1e6),
    slots: slots.map(({ okMs, shedMs, shedSentMs, ...counts }) => ({
      ...counts,
      okMs: quantiles(okMs),
      shedMs: quantiles(shedMs),
      shedSentMs: quantiles(shedSentMs),
    })),
  });
  process.stdout.write(text, () => process.exit(0));
}

/** A few at a time: libuv accepts one in each turn of its loop, and the backlog is bounded. */
function openAll() {
  if (idle.length === Number(connections)) {
    startMs = performance.now();
    process.send("open");
    tick();
    return;
  }
  for (let more = 0; more < 16 && open < Number(connections) && open - idle.length < 256; more += 1) openConnection();
  setTimeout(openAll, 1);
}
openAll();
