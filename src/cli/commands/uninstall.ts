import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { type ClusterOptions, KUBECONFIG, withCluster } from "../install/cluster.ts";
import { YES } from "../install/confirm.ts";
import { uninstallLocal } from "../install/uninstall-local.ts";
import { type UninstallOptions, uninstallOnCluster } from "../install/uninstall-on-cluster.ts";

export const command = defineCommand<UninstallOptions & ClusterOptions & { readonly local?: boolean }>({
  description:
    "With --local, ends the control plane of this machine and removes its state: resources, certificate authority, credentials. " +
    "Refuses while workloads run.\n\n" +
    "Otherwise takes the control planes of the kubeconfig's cluster away. Refuses while pods with sidecars run. Definitions, with all " +
    "objects of their kinds, and the CA's Secret stay unless --purge says otherwise.\n\n" +
    "On a terminal it asks first; in a script it does not, and needs no --yes.",
  options: [
    { flags: "--local", description: "the one on this machine" },
    { flags: "--force", description: "locally: end the workloads that still run first; on a cluster: also while pods with sidecars run" },
    { flags: "--purge", description: "on a cluster: also the definitions with all objects of their kinds, the CA, and the namespace" },
    KUBECONFIG,
    YES,
    { flags: "--dry-run", description: "only say what would be ended and removed" },
  ],
  examples: [
    { line: "meshctl uninstall --local", text: "Take it all away" },
    { line: "meshctl uninstall --local --dry-run", text: "What would go" },
    { line: "meshctl uninstall --local --force --yes", text: "With the workloads that still run, and without a question" },
    { line: "meshctl uninstall --context staging --purge", text: "From a cluster, and nothing stays" },
  ],
  run: async (context: Context, options) => {
    if (options.local) return uninstallLocal(context, options);
    return withCluster(context, options, (client, cluster) => uninstallOnCluster(context, client, cluster, options));
  },
});
