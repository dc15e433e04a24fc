import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { type ClusterOptions, KUBECONFIG, withCluster } from "../../install/cluster.ts";
import { declined, YES } from "../../install/confirm.ts";
import { parseRevision } from "../../install/options.ts";
import { removeRevision } from "../../install/revisions.ts";

interface RemoveOptions extends ClusterOptions {
  readonly force?: boolean;
  readonly yes?: boolean;
}

export const command = defineCommand<RemoveOptions>({
  description:
    "Takes a control plane away that stands beside others. Refuses while it is the default, has tags, or pods have its sidecars.",
  arguments: [{ syntax: "<revision>", description: "which" }],
  options: [KUBECONFIG, { flags: "--force", description: "also while pods have its sidecars" }, YES],
  examples: [{ line: "meshctl revision remove canary", text: "After its pods are gone" }],
  run,
});

async function run(context: Context, options: RemoveOptions, name: string): Promise<number> {
  const revision = parseRevision(name);
  return withCluster(context, options, async (client, cluster) => {
    const code = await declined(context, options.yes, `Remove revision ${name} from ${cluster}?`);
    if (code !== null) return code;
    const deleted = await removeRevision(client, revision, options.force ?? false);
    context.print(`revision ${name} removed: ${deleted} objects`);
    return 0;
  });
}
