import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../../lib/errors.ts";
import { packageRoot } from "../../../local/programs.ts";
import { pickPort } from "../../../local/run/pick-port.ts";
import { waitUntil } from "../../../local/wait.ts";
import type { Workload } from "../../../model/kinds/workload.ts";
import { ask } from "./load.ts";
import type { Stage } from "./stage.ts";

/** Where the services of the demo store listen, without the mesh in between: the tour counts there. */
export interface StorePorts {
  readonly web: number;
  readonly api1: number;
  readonly api2: number;
  readonly ledger: number;
}

const READY_WITHIN_MS = 30_000;

/** Starts the store's workloads, waits until each takes traffic, and until the shop answers through the mesh. */
export async function openStore(stage: Stage): Promise<StorePorts> {
  const ports = { web: await pickPort(), api1: await pickPort(), api2: await pickPort(), ledger: await pickPort() };
  const run = (name: string, file: string, ...flags: string[]): void =>
    stage.startRun(name, flags, ["node", join(packageRoot(), "templates", "demo", file)]);
  run("ledger", "ledger.js", "--service", "ledger:7000/tcp", "--port", String(ports.ledger));
  run("api1", "api.js", "--service", "api:80", "--version", "v1", "--port", String(ports.api1));
  run("api2", "api.js", "--service", "api:80", "--version", "v2", "--port", String(ports.api2));
  run("web", "web.js", "--service", "web:80", "--port", String(ports.web), "--upstream", "api:80", "--upstream", "ledger:7000");
  run("shopper", "shopper.js", "--upstream", "web:80");
  const names = ["ledger", "api1", "api2", "web", "shopper"];
  const { clock } = stage.host;
  const ready = await waitUntil(clock, async () => names.every(isReady(await workloads(stage))), {
    limitMs: READY_WITHIN_MS,
    everyMs: 200,
  });
  if (!ready)
    throw notReady(
      stage,
      names.filter((name) => !isReadyIn(stage, name)),
    );
  const answers = await waitUntil(clock, async () => (await ask(ports.web, "/items", clock)).status === 200, {
    limitMs: 10_000,
    everyMs: 100,
  });
  if (!answers) throw new UserError("the shop does not answer through the mesh", { hint: tail(stage, "web") });
  return ports;
}

async function workloads(stage: Stage): Promise<readonly Workload[]> {
  const { code, output } = await stage.ask("get", "workloads", "-o", "json");
  return code === 0 ? ((JSON.parse(output) as { items: Workload[] }).items ?? []) : [];
}

function isReady(known: readonly Workload[]): (name: string) => boolean {
  return (name) => {
    const workload = known.find(({ metadata }) => metadata.name === name);
    return (
      workload?.status?.phase === "Running" && workload.status.ready.length === workload.spec?.services.length && !workload.status.message
    );
  };
}

function isReadyIn(stage: Stage, name: string): boolean {
  return readLog(stage, name).includes("is in the mesh");
}

function notReady(stage: Stage, names: readonly string[]): UserError {
  const which = names.length > 0 ? names : ["web"];
  return new UserError(`${which.join(", ")} did not become ready within ${READY_WITHIN_MS / 1000} s`, {
    hint: which.map((name) => tail(stage, name)).join("\n"),
  });
}

function tail(stage: Stage, name: string): string {
  const lines = readLog(stage, name).trimEnd().split("\n").slice(-5);
  return `The end of ${stage.runLog(name)}:\n${lines.join("\n")}`;
}

function readLog(stage: Stage, name: string): string {
  try {
    return readFileSync(stage.runLog(name), "utf8");
  } catch {
    return "";
  }
}
