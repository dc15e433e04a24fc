import assert from "node:assert/strict";
import { get } from "node:http";
import { describe, it, type TestContext } from "node:test";
import { systemClock } from "../../../../src/lib/clock.ts";
import { seededRandom } from "../../../../src/lib/random.ts";
import type { Bootstrap, FromProxy } from "../../../../src/messages/bootstrap.ts";
import type { FromWorker, ToWorker, WorkerListener } from "../../../../src/proxy/workers/messages.ts";
import { WorkerGroup } from "../../../../src/proxy/workers/worker-group.ts";
import { createLogger } from "../../../../src/telemetry/log.ts";
import { waitFor } from "../../../support/mesh.ts";

const PORTS = { inbound: [7001], upstreams: [], outbound: 7002, admin: 0 };

class FakeProcess {
  readonly heard: ToWorker[] = [];
  ending = false;
  readonly #listener: WorkerListener;
  readonly pid: number;

  constructor(listener: WorkerListener, pid: number) {
    this.#listener = listener;
    this.pid = pid;
  }

  send(message: ToWorker): void {
    this.heard.push(message);
    if (message.kind === "ask") this.says({ kind: "answer", id: message.id, text: metricsOf(this.pid) });
  }

  says(message: FromWorker): void {
    this.#listener.heard(message);
  }

  dies(): void {
    this.#listener.ended("was ended by SIGKILL");
  }

  end(): void {
    this.ending = true;
  }

  kill(): void {
    this.dies();
  }

  /** What it was started with. */
  get bootstrap(): Bootstrap {
    const [first] = this.heard;
    assert.equal(first?.kind, "bootstrap");
    return first as Bootstrap;
  }

  kinds(): string[] {
    return this.heard.map(({ kind }) => kind);
  }
}

/** Each counts its own number. */
function metricsOf(pid: number): string {
  return `# HELP requests_total Requests.\n# TYPE requests_total counter\nrequests_total ${pid}\n`;
}

function group(t: TestContext, over: Partial<Bootstrap> = {}) {
  const processes: FakeProcess[] = [];
  const told: FromProxy[] = [];
  const failures: string[] = [];
  const bootstrap: Bootstrap = {
    kind: "bootstrap",
    instance: "default/edge",
    namespace: "default",
    workload: "edge",
    serviceAccount: "edge",
    trustDomain: "cluster.local",
    trustBundle: "",
    joinToken: "first",
    controller: { discovery: "127.0.0.1:1", https: "127.0.0.1:2" },
    inbound: [],
    upstreams: [],
    outboundPort: 0,
    adminPort: 0,
    savedDir: null,
    saved: { "worker-2/identity.json": "c2F2ZWQ=" },
    logLevel: "error",
    drainMs: 1_000,
    concurrency: 2,
    limits: { maxConnections: 9 },
    ...over,
  };
  const made = new WorkerGroup({
    bootstrap,
    clock: systemClock,
    random: seededRandom(1),
    log: createLogger({ level: "error", format: "text", clock: systemClock, write: () => {} }),
    spawn: (listener) => {
      const started = new FakeProcess(listener, processes.length + 1);
      processes.push(started);
      return started;
    },
    tell: (message) => told.push(message),
    failed: (message) => failures.push(message),
  });
  t.after(() => made.close());
  const spawned = (count: number): Promise<unknown> => waitFor(`${count} processes`, () => processes.length >= count);
  return { group: made, processes, told, failures, spawned };
}

type Group = ReturnType<typeof group>;

async function started({ group: made, processes, spawned }: Group): Promise<void> {
  const start = made.start();
  await spawned(2);
  for (const each of processes) each.says({ kind: "listening", ...PORTS });
  await start;
  for (const each of processes) each.says({ kind: "ready" });
}

function kinds({ told }: Group): string[] {
  return told.map((message) => ("reason" in message ? message.reason : message.kind));
}

describe("a group of workers", () => {
  it("gives each its part of the limits and its own saved state; listens and is ready when all are", async (t) => {
    const it = group(t);
    const start = it.group.start();
    await it.spawned(2);
    const [one, two] = it.processes as [FakeProcess, FakeProcess];
    assert.deepEqual(one.bootstrap.worker, { index: 1, of: 2, late: false });
    assert.equal(one.bootstrap.limits?.maxConnections, 5);
    assert.deepEqual([one.bootstrap.saved, two.bootstrap.saved], [{}, { "identity.json": "c2F2ZWQ=" }]);
    one.says({ kind: "listening", ...PORTS });
    one.says({ kind: "ready" });
    assert.deepEqual(kinds(it), []);
    two.says({ kind: "not-ready", reason: "no-identity" });
    two.says({ kind: "listening", ...PORTS });
    await start;
    assert.deepEqual(kinds(it), ["listening", "no-identity"]);
    two.says({ kind: "ready" });
    two.says({ kind: "save", name: "identity.json", base64: "eA==" });
    assert.deepEqual(kinds(it), ["listening", "no-identity", "ready", "save"]);
    assert.equal((it.told.at(-1) as { name: string }).name, "worker-2/identity.json");
  });

  it("asks for a token once for all that wait, and hands it to them", async (t) => {
    const it = group(t);
    await started(it);
    const [one, two] = it.processes as [FakeProcess, FakeProcess];
    one.says({ kind: "need-token" });
    two.says({ kind: "need-token" });
    assert.equal(kinds(it).filter((kind) => kind === "need-token").length, 1);
    it.group.giveToken("second");
    for (const each of [one, two]) assert.deepEqual(each.heard.at(-1), { kind: "token", joinToken: "second" });
  });

  it("starts one that died again, late, without a word to the supervisor; its counts stay in the sum", async (t) => {
    const it = group(t);
    await started(it);
    const admin = it.told.find((message) => message.kind === "listening")?.admin ?? 0;
    const metrics = async (): Promise<string> => {
      const text = await read(admin, "/metrics");
      return /^requests_total (\d+)$/m.exec(text)?.[1] ?? "";
    };
    assert.equal(await metrics(), "3");
    it.processes[0]?.dies();
    assert.deepEqual(kinds(it), ["listening", "ready"]);
    await it.spawned(3);
    const again = it.processes[2] as FakeProcess;
    assert.deepEqual(again.bootstrap.worker, { index: 1, of: 2, late: true });
    assert.match(await read(admin, "/metrics"), /^meshctl_workers_listening 1$/m);
    again.says({ kind: "ready" });
    again.says({ kind: "listening", ...PORTS });
    assert.equal(await metrics(), "6");
    assert.deepEqual(kinds(it), ["listening", "ready"]);
    assert.deepEqual(it.failures, []);
  });

  it("fails as a whole when the last one is gone, or one cannot start", async (t) => {
    const it = group(t);
    await started(it);
    for (const each of it.processes.slice()) each.dies();
    assert.deepEqual(it.failures, ["the last worker was ended by SIGKILL"]);

    const other = group(t);
    const start = other.group.start();
    await other.spawned(1);
    other.processes[0]?.says({ kind: "fatal", message: "cannot listen on 127.0.0.1:80" });
    await assert.rejects(start, /cannot listen on 127\.0\.0\.1:80/);
  });

  it("is drained when the last one is, and ended when the last one has", async (t) => {
    const it = group(t);
    await started(it);
    const [one, two] = it.processes as [FakeProcess, FakeProcess];
    let drained = 0;
    it.group.drain(() => (drained += 1));
    one.says({ kind: "drained" });
    assert.equal(drained, 0);
    two.dies();
    assert.equal(drained, 1);
    await it.spawned(3);
    const again = it.processes[2] as FakeProcess;
    let ended = 0;
    it.group.shutDown(() => (ended += 1));
    assert.deepEqual([one.ending, again.ending], [true, true]);
    one.dies();
    assert.equal(ended, 0);
    again.dies();
    assert.equal(ended, 1);
  });

  it("one that joins while the others drain is drained too", async (t) => {
    const it = group(t);
    await started(it);
    it.group.drain(() => {});
    for (const each of it.processes.slice(0, 2)) each.says({ kind: "drained" });
    it.processes[1]?.dies();
    await it.spawned(3);
    const again = it.processes[2] as FakeProcess;
    again.says({ kind: "listening", ...PORTS });
    assert.deepEqual(again.kinds(), ["bootstrap", "drain"]);
  });
});

function read(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
    }).on("error", reject);
  });
}
