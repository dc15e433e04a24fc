import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { CARRY_OUT_OPTIONS, type CarryOutOptions } from "../../install/carry-out.ts";
import { type ClusterOptions, KUBECONFIG, withCluster } from "../../install/cluster.ts";
import { declined, YES } from "../../install/confirm.ts";
import { parseRevision } from "../../install/options.ts";
import { promote } from "../../install/revisions.ts";

interface PromoteOptions extends ClusterOptions, CarryOutOptions {
  readonly yes?: boolean;
}

export const command = defineCommand<PromoteOptions>({
  description: "Makes a revision the one that new pods get when neither they nor their namespace name one, and that validates and taps.",
  arguments: [{ syntax: "<revision>", description: "which" }],
  options: [KUBECONFIG, ...CARRY_OUT_OPTIONS.filter(({ flags }) => flags.startsWith("--timeout")), YES],
  examples: [{ line: "meshctl revision promote canary", text: "After it has proven itself" }],
  run,
});

async function run(context: Context, options: PromoteOptions, name: string): Promise<number> {
  const revision = parseRevision(name);
  return withCluster(context, options, async (client, cluster) => {
    const code = await declined(context, options.yes, `Send new pods of ${cluster} that name no revision to ${name}?`);
    if (code !== null) return code;
    await promote(context, client, revision, options);
    context.print(`${name} is the default now`);
    return 0;
  });
}
