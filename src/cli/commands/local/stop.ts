import { stopController } from "../../../local/controller/stop.ts";
import { liveRuns } from "../../../local/run-record.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { createStyle } from "../../output/style.ts";
import { hostOf } from "./host.ts";

export const command = defineCommand<Record<string, never>>({
  description: "Ends the control plane of this machine and keeps its state. Workloads go on with the configuration they have.",
  examples: [{ line: "meshctl local stop", text: "Stop it" }],
  run,
});

async function run(context: Context): Promise<void> {
  const host = hostOf(context);
  const pid = await stopController(host, (text) => context.say(`${text} …`));
  const style = createStyle(context.colour.stdout);
  context.print(pid === null ? "no controller runs here" : `${style.good("√")} stopped: process ${pid}`);
  const runs = liveRuns(host.layout).map(({ name }) => name);
  if (pid !== null && runs.length > 0) context.say(`Still running, on their last configuration: ${runs.join(", ")}`);
}
