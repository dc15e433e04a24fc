/**
 * `npm run bench -- [part …] [options]`: ratios between proxies in one run on this machine; no part means all of them.
 * Installs nothing; a peer that is missing is named. Micro-benchmarks (micro-*.ts) are run by themselves.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchApi } from "./api/api.ts";
import { benchHop } from "./hop/hop.ts";
import { benchGrpc } from "./grpc/grpc.ts";
import { benchHandshake } from "./handshake/handshake.ts";
import { benchInject } from "./inject/inject.ts";
import { machine } from "./machine.ts";
import { type BenchOptions, type Findings, LOAD_CORE } from "./options.ts";
import { benchMemory } from "./memory/memory.ts";
import { benchOverload } from "./overload/overload.ts";
import { benchPair } from "./pair/pair.ts";
import { benchPolicies } from "./policies/policies.ts";
import { killAll } from "./peer.ts";
import { benchTcp } from "./tcp/tcp.ts";

const PARTS: Readonly<Record<string, (options: BenchOptions) => Promise<Findings | null>>> = {
  hop: benchHop,
  pair: benchPair,
  grpc: benchGrpc,
  tcp: benchTcp,
  memory: benchMemory,
  handshake: benchHandshake,
  policies: benchPolicies,
  overload: benchOverload,
  api: benchApi,
  inject: benchInject,
};
/** Of one part: more would mean that something hangs. */
const PART_LIMIT_MS = 45 * 60_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string" },
    seconds: { type: "string" },
    connections: { type: "string" },
    only: { type: "string", multiple: true, default: [] },
    "node-flags": { type: "string", default: "" },
    json: { type: "string" },
    quick: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
  },
});

function usage(problem: string): never {
  console.error(problem);
  process.exit(2);
}

function whole(name: string, text: string): number {
  return /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : usage(`--${name} takes whole numbers above 0, not '${text}'`);
}

const folder = mkdtempSync(join(tmpdir(), "meshctl-bench-"));
process.on("exit", () => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

const options: BenchOptions = {
  runs: whole("runs", values.runs ?? (values.quick ? "1" : "5")),
  seconds: whole("seconds", values.seconds ?? (values.quick ? "1" : "4")),
  connections: values.connections?.split(",").map((each) => whole("connections", each)) ?? (values.quick ? [8] : null),
  only: values.only,
  nodeFlags: values["node-flags"].split(" ").filter((flag) => flag !== ""),
  profile: values.profile,
  command: `npm run bench -- ${process.argv.slice(2).join(" ")}`,
  folder,
};
const names = positionals.length > 0 ? positionals : Object.keys(PARTS);
const PROFILED = ["pair", "grpc", "tcp", "handshake"];
if (values.profile && names.some((name) => !PROFILED.includes(name))) usage(`--profile is for one of ${PROFILED.join(", ")}`);
const unknown = names.find((name) => PARTS[name] === undefined);
if (unknown !== undefined) usage(`no benchmark is called ${unknown}; there are: ${Object.keys(PARTS).join(", ")}`);

// The benchmark's own process, with the controller in it, must not take time from the proxies.
spawnSync("taskset", ["-a", "-cp", String(LOAD_CORE), String(process.pid)]);
const found: Record<string, Findings | null> = {};
for (const name of names) {
  const limit = setTimeout(() => {
    console.error(`${name}: not done after ${PART_LIMIT_MS / 60_000} minutes`);
    process.exit(1);
  }, PART_LIMIT_MS);
  try {
    found[name] = await (PARTS[name] as (typeof PARTS)[string])(options);
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
  clearTimeout(limit);
}
if (values.json !== undefined) {
  const { command, runs, seconds } = options;
  writeFileSync(values.json, `${JSON.stringify({ command, machine: machine(), runs, seconds, parts: found }, null, 2)}\n`);
}
process.exit(Object.values(found).includes(null) ? 1 : 0);
