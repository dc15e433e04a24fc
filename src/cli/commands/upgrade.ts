import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { CARRY_OUT_OPTIONS } from "../install/carry-out.ts";
import { type ClusterOptions, KUBECONFIG, withCluster } from "../install/cluster.ts";
import { YES } from "../install/confirm.ts";
import { REVISION, VALUE_OPTIONS } from "../install/options.ts";
import { type UpgradeOptions, upgradeOnCluster } from "../install/upgrade.ts";
import { askedValues } from "../install/values.ts";
import { parseCount } from "../options/values.ts";

export const command = defineCommand<UpgradeOptions & ClusterOptions>({
  description:
    "Brings a control plane on a cluster to this program's version and to other values: shows what changes among values and objects, asks " +
    "on a terminal, applies, waits, and deletes what the new version no longer has. Values of before stay unless told otherwise.\n\n" +
    "With --revision it makes a second control plane beside the first. One minor version at a time.",
  options: [
    ...VALUE_OPTIONS,
    { flags: "--reset-values", description: "forget the values of before" },
    REVISION,
    { flags: "--to-revision <number>", description: "go back to that release, as it was", parse: parseCount },
    KUBECONFIG,
    ...CARRY_OUT_OPTIONS,
    { flags: "--dry-run", description: "only show what would change" },
    YES,
  ],
  examples: [
    { line: "meshctl upgrade --dry-run", text: "What would change" },
    { line: "meshctl upgrade --set controller.replicas=3 -y", text: "One value, without a question" },
    { line: "meshctl upgrade --revision canary", text: "The new version beside the old one" },
    { line: "meshctl upgrade --to-revision 4", text: "Back to release 4" },
  ],
  run: async (context: Context, options) => {
    const asked = await askedValues(context, options);
    return withCluster(context, options, (client, cluster) => upgradeOnCluster(context, client, cluster, options, asked));
  },
});
