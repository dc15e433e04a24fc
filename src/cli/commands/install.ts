import { documentValues } from "../../install/values/document.ts";
import { readTemplates } from "../../install/read-templates.ts";
import { renderInstall } from "../../install/render.ts";
import { VERSION } from "../../lib/version.ts";
import { packageRoot } from "../../local/programs.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { CA_OPTIONS, readCaPair } from "../install/ca-files.ts";
import { CARRY_OUT_OPTIONS } from "../install/carry-out.ts";
import { type ClusterOptions, KUBECONFIG, withCluster } from "../install/cluster.ts";
import { YES } from "../install/confirm.ts";
import { installLocal } from "../install/local.ts";
import { installOnCluster, type OnClusterOptions } from "../install/on-cluster.ts";
import { REVISION, VALUE_OPTIONS } from "../install/options.ts";
import { type ManifestFormat, printManifests } from "../install/print.ts";
import { askedValues, completeValues } from "../install/values.ts";

interface InstallOptions extends OnClusterOptions, ClusterOptions {
  readonly local?: boolean;
  readonly dryRun?: boolean;
  readonly printValues?: boolean;
  readonly output: ManifestFormat;
}

export const command = defineCommand<InstallOptions>({
  description:
    "With --local, starts a control plane on this machine, in the background, and returns when it is healthy. It keeps everything " +
    "in the state directory. Where one was installed before and does not run, it starts again with the same state and ports.\n\n" +
    "Otherwise puts a control plane on the cluster of the kubeconfig: shows the plan, asks on a terminal, applies it in order by " +
    "server-side apply and waits until everything is ready. What is there already and the same is left alone. With --dry-run it " +
    "prints the objects and asks no cluster, for `kubectl apply -f -` or a GitOps repository.",
  options: [
    { flags: "--local", description: "on this machine: no cluster, no root, no containers" },
    ...VALUE_OPTIONS,
    REVISION,
    ...CA_OPTIONS,
    KUBECONFIG,
    ...CARRY_OUT_OPTIONS,
    YES,
    { flags: "--crds-only", description: "only the definitions of the mesh's own kinds" },
    { flags: "--print-values", description: "print every value with what it means, as a file for --values, and do nothing else" },
    { flags: "--dry-run", description: "print the objects, ask no cluster" },
    { flags: "-o, --output <format>", description: "how --dry-run prints them", choices: ["yaml", "json"], default: "yaml" },
  ],
  examples: [
    { line: "meshctl install --local", text: "A control plane on this machine" },
    { line: "MESHCTL_HOME=/tmp/mesh meshctl install --local", text: "A second one that shares nothing with the first" },
    { line: "meshctl install --profile ha --context staging --timeout 10m", text: "One on a cluster" },
    { line: "meshctl install --profile ha --set controller.logLevel=debug --dry-run -o yaml > mesh.yaml", text: "Manifests for a cluster" },
    { line: "meshctl install --print-values > values.yaml", text: "A file of values to edit" },
    { line: "meshctl install --crds-only --dry-run | kubectl apply --server-side -f -", text: "Only the definitions" },
  ],
  run,
});

async function run(context: Context, options: InstallOptions): Promise<number | void> {
  if (options.local) return installLocal(context);
  const asked = await askedValues(context, options);
  if (!options.dryRun && !options.printValues) {
    return withCluster(context, options, (client, cluster) => installOnCluster(context, client, cluster, options, asked));
  }
  const values = completeValues(options.profile, asked);
  if (options.printValues) return context.print(documentValues(values).trimEnd());
  const frame = { templates: readTemplates(packageRoot()), values, version: VERSION, isDefault: values.revision === "" };
  const rendered = renderInstall(frame, readCaPair(context, options));
  const chosen = options.crdsOnly ? rendered.filter(({ phase }) => phase === "definitions") : rendered;
  printManifests(
    context,
    chosen.map(({ object }) => object),
    options.output,
  );
  if (options.caKey !== undefined && !options.crdsOnly) context.say("Warning: the private key of the CA is in what was printed.");
}
