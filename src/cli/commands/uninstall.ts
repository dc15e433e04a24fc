import { EXIT, UserError } from "../../lib/errors.ts";
import { planUninstall, uninstall } from "../../local/uninstall.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { createStyle } from "../output/style.ts";
import { hostOf } from "./local/host.ts";

interface UninstallOptions {
  readonly local?: boolean;
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

export const command = defineCommand<UninstallOptions>({
  description:
    "Ends the control plane of this machine and removes its state: resources, certificate authority, credentials. " +
    "Refuses while workloads run.",
  options: [
    { flags: "--local", description: "the one on this machine" },
    { flags: "--force", description: "end the workloads that still run first" },
    { flags: "--dry-run", description: "only say what would be ended and removed" },
  ],
  examples: [
    { line: "meshctl uninstall --local", text: "Take it all away" },
    { line: "meshctl uninstall --local --dry-run", text: "What would go" },
    { line: "meshctl uninstall --local --force", text: "With the workloads that still run" },
  ],
  run,
});

async function run(context: Context, options: UninstallOptions): Promise<number> {
  if (!options.local) throw new UserError("say which: --local", { hint: "meshctl uninstall --local", exitCode: EXIT.USAGE });
  const host = hostOf(context);
  if (options.dryRun) return sayPlan(context, planUninstall(host), options.force ?? false);
  const done = await uninstall(host, options.force ?? false, (text) => context.say(`${text} …`));
  const style = createStyle(context.colour.stdout);
  context.print(done.installed ? `${style.good("√")} uninstalled: ${done.removes} is gone` : "nothing is installed here");
  return EXIT.OK;
}

/** The exit code is what the real thing would give. */
function sayPlan(context: Context, plan: ReturnType<typeof planUninstall>, force: boolean): number {
  if (!plan.installed) {
    context.print("nothing is installed here");
    return EXIT.OK;
  }
  for (const { namespace, name, pid } of plan.runs) {
    context.print(`${force ? "would end" : "still runs, so it would be refused"}: workload ${namespace}/${name} (process ${pid})`);
  }
  if (plan.runs.length > 0 && !force) return EXIT.REFUSED;
  if (plan.controllerPid !== null) context.print(`would end: controller (process ${plan.controllerPid})`);
  context.print(`would remove: ${plan.removes}`);
  return EXIT.OK;
}
