import { belongings } from "../../install/cluster/belongings.ts";
import { injectedPods } from "../../install/cluster/injected-pods.ts";
import { deleteIfThere } from "../../install/cluster/releases.ts";
import { formatKey } from "../../install/release.ts";
import type { KubeClient } from "../../kube/contract.ts";
import { KubeError } from "../../kube/error.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import type { Context } from "../context.ts";
import { createStyle } from "../output/style.ts";
import { declined } from "./confirm.ts";

export interface UninstallOptions {
  readonly force?: boolean;
  readonly purge?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** So many pods are named; the rest is counted. */
const MAX_NAMED = 10;

/** `meshctl uninstall` on a cluster. */
export async function uninstallOnCluster(
  context: Context,
  client: KubeClient,
  cluster: string,
  options: UninstallOptions,
): Promise<number> {
  const pods = (await injectedPods(client)).map(({ pod }) => pod);
  const keys = await belongings(client, options.purge ?? false);
  const isInstalled = keys.some(({ kind }) => !["Secret", "Namespace"].includes(kind));
  if (!isInstalled) {
    context.print(`nothing is installed on ${cluster}`);
    return EXIT.OK;
  }
  if (options.dryRun) {
    for (const pod of pods)
      context.print(`${options.force ? "would lose its control plane" : "still runs, so it would be refused"}: pod ${pod}`);
    if (pods.length > 0 && !options.force) return EXIT.REFUSED;
    for (const key of keys) context.print(`would remove: ${formatKey(key)}`);
    return EXIT.OK;
  }
  if (pods.length > 0 && !options.force) throw stillRunning(pods);
  const code = await declined(
    context,
    options.yes,
    `Remove ${keys.length} objects from ${cluster}${options.purge ? ", the CA and all policies with them" : ""}?`,
  );
  if (code !== null) return code;
  for (const key of keys) {
    try {
      if (await deleteIfThere(client, key.kind, key.name, key.namespace)) context.say(`deleted ${formatKey(key)}`);
    } catch (error) {
      // Whoever may empty a namespace may not always remove it, and it is the last to go.
      if (key.kind !== "Namespace" || !(error instanceof KubeError) || error.status !== 403) throw error;
      context.say(`${formatKey(key)} stays: ${error.message}`);
    }
  }
  const stays = options.purge ? "" : "; definitions, the CA's Secret and the namespace stay (--purge removes them)";
  context.print(`${createStyle(context.colour.stdout).good("√")} uninstalled from ${cluster}${stays}`);
  return EXIT.OK;
}

function stillRunning(pods: readonly string[]): UserError {
  const named = pods.slice(0, MAX_NAMED).join(", ");
  const more = pods.length > MAX_NAMED ? ` and ${pods.length - MAX_NAMED} more` : "";
  return new UserError(`${pods.length === 1 ? "a pod still has a sidecar" : `${pods.length} pods still have sidecars`}: ${named}${more}`, {
    hint: "Take the sidecars out first (meshctl uninject, or the namespace's label, then restart), or give --force: they lose their control plane.",
    exitCode: EXIT.REFUSED,
  });
}
