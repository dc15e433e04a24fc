import { EXIT, UserError } from "../../../lib/errors.ts";
import { followLog, logSize, logTail } from "../../../local/controller/log.ts";
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
  description: "Prints the controller's log.",
  options: [
    { flags: "-f, --follow", description: "go on with what is written from now on, until Ctrl-C" },
    { flags: "--tail <lines>", description: "how many of the last lines", parse: parseCount, default: 100 },
  ],
  examples: [
    { line: "meshctl local logs --tail 20", text: "The last lines" },
    { line: "meshctl local logs -f", text: "As they come" },
  ],
  run,
});

async function run(context: Context, { follow, tail = 100 }: LogsOptions): Promise<void> {
  const { layout, clock } = hostOf(context);
  if (controllerState(layout).state === "not-installed") {
    throw new UserError(`nothing is installed in ${layout.root}`, { hint: "meshctl install --local", exitCode: EXIT.NOT_FINE });
  }
  const end = logSize(layout.controllerLog);
  for (const line of logTail(layout.controllerLog, tail)) context.print(line);
  if (!follow) return;
  for await (const chunk of followLog(layout.controllerLog, end, clock, context.interrupts.takeOver())) {
    context.stdout.write(chunk.toString("utf8"));
  }
}
