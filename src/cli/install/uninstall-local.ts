import { EXIT } from "../../lib/errors.ts";
import { planUninstall, uninstall, type UninstallPlan } from "../../local/uninstall.ts";
import type { Context } from "../context.ts";
import { createStyle } from "../output/style.ts";
import { hostOf } from "../commands/local/host.ts";

export interface UninstallLocalOptions {
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** `meshctl uninstall --local`: ends the control plane of this machine and removes its state. */
export async function uninstallLocal(context: Context, options: UninstallLocalOptions): Promise<number> {
  const host = hostOf(context);
  const force = options.force ?? false;
  const plan = planUninstall(host);
  if (options.dryRun) return sayPlan(context, plan, force);
  // What would be refused anyway needs no answer.
  if (!options.yes && plan.installed && (force || plan.runs.length === 0)) {
    const agreed = await ask(context, plan);
    if (agreed === null) return EXIT.INTERRUPTED;
    if (!agreed) {
      context.say("Nothing was changed.");
      return EXIT.NOT_FINE;
    }
  }
  const done = await uninstall(host, force, (text) => context.say(`${text} …`));
  const style = createStyle(context.colour.stdout);
  context.print(done.installed ? `${style.good("√")} uninstalled: ${done.removes} is gone` : "nothing is installed here");
  return EXIT.OK;
}

/** Whether to go on: the person's word, or yes where nobody can be asked. Null on Ctrl-C. */
async function ask(context: Context, plan: UninstallPlan): Promise<boolean | null> {
  if (context.openPrompt === null) return true;
  const runs = plan.runs.map(({ namespace, name }) => `${namespace}/${name}`);
  const ends = [...(plan.controllerPid === null ? [] : ["the controller"]), ...runs];
  const remove = `${plan.removes} with all resources, keys and credentials`;
  const prompt = await context.openPrompt();
  return prompt.confirm(ends.length === 0 ? `Remove ${remove}?` : `End ${ends.join(", ")} and remove ${remove}?`);
}

/** The exit code is what the real thing would give. */
function sayPlan(context: Context, plan: UninstallPlan, force: boolean): number {
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
