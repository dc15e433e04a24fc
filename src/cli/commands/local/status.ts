import { readFileSync } from "node:fs";
import { join } from "node:path";
import { formatAge } from "../../../lib/age.ts";
import { EXIT } from "../../../lib/errors.ts";
import { CONTROLLER_CA_FILE } from "../../../local/context.ts";
import { unhealthyBecause } from "../../../local/controller/health.ts";
import { controllerState } from "../../../local/controller/status.ts";
import type { Host } from "../../../local/host.ts";
import { liveRuns } from "../../../local/run-record.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { createStyle } from "../../output/style.ts";
import { formatJson, formatYaml } from "../../output/structured.ts";
import { formatTable } from "../../output/table.ts";
import { hostOf } from "./host.ts";

interface StatusOptions {
  readonly output: "table" | "json" | "yaml";
}

export const command = defineCommand<StatusOptions>({
  description:
    "Says whether the control plane of this machine runs and answers, and which workloads run beside it. Exit code 0 when " +
    "it is healthy, else 1. `meshctl check` looks deeper.",
  options: [{ flags: "-o, --output <format>", description: "how to print it", choices: ["table", "json", "yaml"], default: "table" }],
  examples: [
    { line: "meshctl local status", text: "Does it run?" },
    { line: "meshctl local status -o json", text: "For scripts" },
  ],
  run,
});

/** Stable field names: scripts read them. */
interface LocalStatus {
  readonly home: string;
  readonly controller: "not-installed" | "stopped" | "unhealthy" | "healthy";
  readonly reason?: string;
  readonly pid?: number;
  readonly version?: string;
  readonly startedAt?: string;
  readonly discoveryPort?: number;
  readonly httpsPort?: number;
  readonly log: string;
  readonly workloads: readonly { readonly namespace: string; readonly name: string; readonly pid: number; readonly command: string }[];
}

async function run(context: Context, { output }: StatusOptions): Promise<number> {
  const host = hostOf(context);
  const status = await readStatus(host);
  if (output === "json") context.print(formatJson(status));
  else if (output === "yaml") context.print(formatYaml(status));
  else printTable(context, status);
  return status.controller === "healthy" ? EXIT.OK : EXIT.NOT_FINE;
}

async function readStatus(host: Host): Promise<LocalStatus> {
  const { layout, clock } = host;
  const now = controllerState(layout);
  const workloads = liveRuns(layout).map((run) => ({
    namespace: run.namespace,
    name: run.name,
    pid: run.pid,
    command: run.command.join(" "),
  }));
  const common = { home: layout.root, log: layout.controllerLog, workloads };
  if (now.state !== "running") return { ...common, controller: now.state };
  const reason = await unhealthyBecause(now.record.httpsPort, caOf(host), clock);
  return { ...common, controller: reason === null ? "healthy" : "unhealthy", ...(reason === null ? {} : { reason }), ...now.record };
}

function caOf({ layout }: Host): string {
  try {
    return readFileSync(join(layout.root, CONTROLLER_CA_FILE), "utf8");
  } catch {
    return "";
  }
}

function printTable(context: Context, status: LocalStatus): void {
  const style = createStyle(context.colour.stdout);
  const paint = status.controller === "healthy" ? style.good : style.bad;
  context.print(`controller: ${paint(status.controller)}${status.reason ? ` (${status.reason})` : ""}`);
  if (status.pid !== undefined && status.startedAt !== undefined) {
    const age = formatAge(context.clock.nowMs() - Date.parse(status.startedAt));
    context.print(`process:    ${status.pid}, for ${age}, version ${status.version}`);
    context.print(`ports:      discovery ${status.discoveryPort}, HTTPS ${status.httpsPort}`);
  }
  context.print(`state:      ${status.home}`);
  context.print(`log:        ${status.log}`);
  if (status.workloads.length > 0) {
    context.print("");
    const rows = status.workloads.map((workload) => [workload.namespace, workload.name, String(workload.pid), workload.command]);
    for (const line of formatTable(["namespace", "workload", "pid", "command"], rows)) context.print(line);
  }
  if (status.controller === "not-installed") context.say("Start one with: meshctl install --local");
  if (status.controller === "stopped") context.say("Start it with: meshctl local start");
}
