import { EXIT, UserError } from "../../../lib/errors.ts";
import { rememberContext } from "../../../local/context.ts";
import { startController } from "../../../local/controller/start.ts";
import { controllerState } from "../../../local/controller/status.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { createStyle } from "../../output/style.ts";
import { hostOf } from "./host.ts";

export const command = defineCommand<Record<string, never>>({
  description: "Starts the control plane of this machine again, with the state and ports it had.",
  examples: [{ line: "meshctl local start", text: "After `meshctl local stop`, or after the machine was restarted" }],
  run,
});

async function run(context: Context): Promise<void> {
  const host = hostOf(context);
  if (controllerState(host.layout).state === "not-installed") {
    throw new UserError(`nothing is installed in ${host.layout.root}`, { hint: "meshctl install --local", exitCode: EXIT.NOT_FINE });
  }
  const { outcome, record } = await startController(host, (text) => context.say(`${text} …`));
  await rememberContext(host.layout, record);
  const style = createStyle(context.colour.stdout);
  context.print(`${style.good("√")} ${outcome === "running" ? "already running" : "started"}: process ${record.pid}`);
}
