import { EXIT, UserError } from "../../../lib/errors.ts";
import { keyOf } from "../../../model/object.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { faultKind, faultsOn } from "../../fault/edit.ts";
import { parseTarget, requireTarget } from "../../fault/target.ts";
import type { FaultInjection } from "../../fault/types.ts";
import { kindName } from "../../resources/names.ts";

interface ClearOptions {
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

export const command = defineCommand<ClearOptions>({
  description: "Ends the faults of a target, whoever put them there.",
  arguments: [{ syntax: "[target]", description: "SERVICE, svc/NAME, httproute/NAME or workload/NAME", completes: "target" }],
  options: [
    { flags: "--all", description: "every fault of the namespace" },
    { flags: "--dry-run", description: "only say which would end" },
  ],
  examples: [
    { line: "meshctl fault clear api", text: "The service answers again" },
    { line: "meshctl fault clear --all --dry-run", text: "What stands in this namespace" },
  ],
  run,
});

async function run(context: Context, options: ClearOptions, text: string | undefined): Promise<number> {
  if ((text === undefined) === (options.all === undefined)) {
    throw new UserError("which faults?", { hint: "Name a target, or say --all.", exitCode: EXIT.USAGE });
  }
  const namespace = await context.namespace();
  const client = await context.client();
  const target = text === undefined ? null : parseTarget(text);
  const kind = faultKind();
  const faults =
    target === null ? (await client.list<FaultInjection>(kind, { namespace })).items : await faultsOn(client, target, namespace);
  const shared = target === null ? undefined : faults.find(({ spec }) => (spec?.targetRefs ?? []).length > 1);
  if (shared) {
    throw new UserError(`FaultInjection ${keyOf(shared)} stands on other targets too`, {
      hint: `End it for all of them with \`meshctl delete faultinjection ${shared.metadata.name}\`, or edit it with \`meshctl apply\`.`,
      exitCode: EXIT.REFUSED,
    });
  }
  for (const { metadata } of faults) {
    await client.delete(kind, metadata.name, metadata.namespace, { dryRun: options.dryRun ?? false });
    context.print(`${kindName(kind)} "${metadata.name}" cleared${options.dryRun ? " (dry run)" : ""}`);
  }
  if (faults.length > 0) return EXIT.OK;
  // A fault may outlive what it was put on; without one, a name that means nothing is a slip.
  if (target !== null) await requireTarget(client, target, namespace, { status: false, filters: [] });
  context.say(target === null ? `No faults in namespace ${namespace}.` : `No fault on ${target.words}.`);
  return EXIT.OK;
}
