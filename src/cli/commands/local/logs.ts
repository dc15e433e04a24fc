import { existsSync } from "node:fs";
import { EXIT, UserError } from "../../../lib/errors.ts";
import { followLog, logSize, logTail, sidecarLog } from "../../../local/log-file.ts";
import { controllerState } from "../../../local/controller/status.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { parseCount } from "../../options/values.ts";
import { hostOf } from "./host.ts";

interface LogsOptions {
  readonly follow?: boolean;
  readonly tail?: number;
}

export const command = defineCommand<LogsOptions>({
  description: "Prints the controller's log, or that of a workload's sidecar.",
  arguments: [{ syntax: "[workload]", description: "whose sidecar's log; the controller's when absent", completes: "workload" }],
  options: [
    { flags: "-f, --follow", description: "go on with what is written from now on, until Ctrl-C" },
    { flags: "--tail <lines>", description: "how many of the last lines", parse: parseCount, default: 100 },
  ],
  examples: [
    { line: "meshctl local logs --tail 20", text: "The last lines" },
    { line: "meshctl local logs -f", text: "As they come" },
    { line: "meshctl local logs api1", text: "Of the sidecar beside api1" },
  ],
  run,
});

async function run(context: Context, { follow, tail = 100 }: LogsOptions, workload?: string): Promise<void> {
  const { layout, clock } = hostOf(context);
  if (controllerState(layout).state === "not-installed") {
    throw new UserError(`nothing is installed in ${layout.root}`, { hint: "meshctl install --local", exitCode: EXIT.NOT_FINE });
  }
  const path = workload === undefined ? layout.controllerLog : sidecarLog(layout, await context.namespace(), workload);
  if (!existsSync(path)) throw new UserError(`there is no log ${path}`, { hint: "`meshctl get workloads -A` says what runs." });
  const end = logSize(path);
  for (const line of logTail(path, tail)) context.print(line);
  if (!follow) return;
  for await (const chunk of followLog(path, end, clock, context.interrupts.takeOver())) {
    context.stdout.write(chunk.toString("utf8"));
  }
}
