/** The benchmark runs whole and says what it must; what it measures is nobody's promise here. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "../component/proxy/sides.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TOOLS = ["taskset", "wrk", "nginx", "haproxy"];
const absent = TOOLS.filter((tool) => spawnSync("which", [tool]).status !== 0);
const skip = absent.length > 0 ? `${absent.join(", ")} not installed` : false;

interface Spread {
  readonly median: number;
}

interface PairResult {
  readonly name: string;
  readonly configuration: { readonly lines: readonly string[]; readonly off: readonly string[] };
  readonly loads: readonly { readonly cpuUsPerRequest: Spread; readonly errors: number; readonly ratioToHaproxyH2: number | null }[];
  readonly openLoop: { readonly p50Us: Spread; readonly errors: number };
}

interface Run {
  readonly code: number | null;
  readonly text: string;
  /** Where its temporary files went. */
  readonly folder: string;
}

function bench(t: TestContext, args: readonly string[], started: (child: ChildProcess) => void = () => {}): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), "meshctl-bench-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const child = spawn(process.execPath, ["--import", "tsx", "test/bench/main.ts", ...args], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  started(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  }
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, text, folder })));
}

test("bench pair: two pairs, their configuration as the proxies say it, ratios, JSON, and nothing left behind", { skip }, async (t) => {
  const out = mkdtempSync(join(tmpdir(), "meshctl-bench-out-"));
  t.after(() => rmSync(out, { recursive: true, force: true }));
  const file = join(out, "result.json");
  const names = ["meshctl", "HAProxy, HTTP/2"];
  const { code, text, folder } = await bench(t, ["pair", "--quick", ...names.flatMap((name) => ["--only", name]), "--json", file]);
  assert.equal(code, 0, text);
  const { parts, machine } = JSON.parse(readFileSync(file, "utf8")) as {
    parts: { pair: { results: readonly PairResult[]; missing: readonly string[] } };
    machine: { node: string };
  };
  assert.equal(machine.node, process.version);
  assert.deepEqual(parts.pair.missing, []);
  assert.deepEqual(parts.pair.results.map(({ name }) => name).sort(), [...names].sort());
  for (const { name, loads, openLoop } of parts.pair.results) {
    assert.deepEqual(
      loads.map(({ errors }) => errors),
      [0],
      name,
    );
    assert.ok((loads[0]?.cpuUsPerRequest.median ?? 0) > 0, `${name}: CPU`);
    assert.ok("median" in openLoop.p50Us && openLoop.errors >= 0, `${name}: latency`);
    assert.ok((loads[0]?.ratioToHaproxyH2 ?? 0) > 0, `${name} has a ratio`);
    assert.match(text, new RegExp(`^${name} +8 `, "m"));
  }
  const own = parts.pair.results.find(({ name }) => name === "meshctl");
  assert.deepEqual(own?.configuration.off, []);
  const said = own.configuration.lines.join("\n");
  for (const part of [
    /between the two: meshctl\/h[12] \(\d+ opened\), TLS 1\.3/,
    /10 rules in force.*10 rules in force/,
    /access log off/,
    /traces: of a million 10000 and 10000 begin one/,
  ]) {
    assert.match(said, part);
  }
  const left = readdirSync(folder).filter((name) => !name.startsWith("tsx-"));
  assert.deepEqual(left, [], "no temporary file is left");
});

test("bench: a part, a peer or a number that does not exist is said at once", { skip }, async (t) => {
  const part = await bench(t, ["nothing"]);
  assert.equal(part.code, 2);
  assert.match(part.text, /no benchmark is called nothing; there are: .*pair/);
  const peer = await bench(t, ["memory", "--only", "nobody"]);
  assert.equal(peer.code, 1);
  assert.match(peer.text, /^memory: nothing here is called nobody; there are: .*'meshctl'$/m);
  const runs = await bench(t, ["pair", "--runs", "many"]);
  assert.equal(runs.code, 2);
  assert.match(runs.text, /--runs takes whole numbers/);
});

test("bench: stopped half-way it takes its processes and files with it", { skip }, async (t) => {
  let child: ChildProcess | undefined;
  const run = bench(t, ["pair", "--seconds", "20", "--only", "meshctl", "--only", "HAProxy, HTTP/2"], (started) => {
    child = started;
  });
  const pid = child?.pid as number;
  // nginx and its worker, two sidecars, two of HAProxy.
  await until("its proxies run", () => descendants(pid).length >= 6, 30_000);
  const own = descendants(pid);
  child?.kill("SIGTERM");
  const { code, folder } = await run;
  assert.equal(code, 130);
  await until("they are gone", () => own.every((each) => !existsSync(`/proc/${each}`)), 10_000);
  assert.deepEqual(
    readdirSync(folder).filter((name) => !name.startsWith("tsx-")),
    [],
  );
});

function descendants(pid: number): number[] {
  const children = (): string => {
    try {
      return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    } catch {
      return "";
    }
  };
  return children()
    .split(" ")
    .filter((word) => word !== "")
    .map(Number)
    .flatMap((each) => [each, ...descendants(each)]);
}

test("bench: every other part runs whole, with ours alone", { skip }, async (t) => {
  const ours = ["meshctl", "meshctl, TCP", "one route"].flatMap((name) => ["--only", name]);
  const parts = ["hop", "tcp", "memory", "handshake", "policies"];
  const { code, text, folder } = await bench(t, [...parts, "--quick", ...ours]);
  assert.equal(code, 0, text);
  for (const row of [
    /^One plain HTTP\/1\.1 hop[^]*^meshctl /m,
    /^opaque TCP, 1 MiB answers +meshctl, TCP +\d/m,
    /^HTTP, 1 MiB requests +meshctl +\d/m,
    /^Resident memory[^]*^meshctl +\d/m,
    /^Full TLS 1\.3 handshakes[^]*^meshctl +\d/m,
    /^inbound, 10 access rules +\d[^]*^one route +\d/m,
  ]) {
    assert.match(text, row);
  }
  assert.doesNotMatch(text, /NO RATIO/);
  assert.deepEqual(
    readdirSync(folder).filter((name) => !name.startsWith("tsx-")),
    [],
  );
});

const h2load = ["h2load", "nghttpd"].filter((tool) => spawnSync("which", [tool]).status !== 0);

test("bench grpc: runs whole, calls travel as HTTP/2", {
  skip: h2load.length > 0 ? `${h2load.join(", ")} not installed` : skip,
}, async (t) => {
  const { code, text } = await bench(t, ["grpc", "--quick", "--only", "meshctl"]);
  assert.equal(code, 0, text);
  assert.match(text, /^meshctl +8 × 1 +\d/m);
  assert.match(text, /between the two: meshctl\/h2 /);
  assert.doesNotMatch(text, /NO RATIO/);
});
