import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { type ClusterOptions, KUBECONFIG, withCluster } from "../../install/cluster.ts";
import { revisionRows } from "../../install/revisions.ts";
import { formatJson } from "../../output/structured.ts";
import { formatTable } from "../../output/table.ts";

interface ListOptions extends ClusterOptions {
  readonly output: "table" | "json";
}

export const command = defineCommand<ListOptions>({
  description: "Lists the control planes of a cluster: their versions, tags, and how many pods have their sidecars.",
  options: [KUBECONFIG, { flags: "-o, --output <format>", description: "how to print it", choices: ["table", "json"], default: "table" }],
  examples: [{ line: "meshctl revision list", text: "Every control plane" }],
  run,
});

async function run(context: Context, options: ListOptions): Promise<void> {
  const rows = await withCluster(context, options, (client) => revisionRows(client));
  if (options.output === "json") return context.print(formatJson(rows));
  const cells = rows.map(({ revision, version, release, state, isDefault, tags, pods }) => [
    revision,
    version,
    String(release),
    state,
    isDefault ? "yes" : "",
    tags.join(","),
    String(pods),
  ]);
  for (const line of formatTable(["revision", "version", "release", "state", "default", "tags", "pods"], cells)) context.print(line);
}
