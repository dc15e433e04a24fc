import { EXIT, UserError } from "../../lib/errors.ts";
import { INJECT_OPTIONS, type InjectOption } from "../../inject/options.ts";
import { DEFAULT_VALUES, type InjectValues } from "../../inject/values.ts";
import { readNamespaces } from "../../inject/text/namespaces.ts";
import { injectText } from "../../inject/text/inject-text.ts";
import { defineCommand, type OptionDefinition } from "../command.ts";
import type { Context } from "../context.ts";
import { editFiles, type EditOptions } from "../inject/edit-files.ts";
import { EDIT_OPTIONS } from "../inject/options.ts";

interface InjectCommandOptions extends EditOptions, Readonly<Record<string, unknown>> {
  readonly meshNamespace: string;
  readonly trustDomain: string;
  readonly imagePullPolicy?: InjectValues["imagePullPolicy"];
}

export const command = defineCommand<InjectCommandOptions>({
  description:
    "Adds the sidecar to the pods of Kubernetes manifests: Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, " +
    "Job, CronJob and lists of them, in any number of documents and files. The result goes to stdout, the report to stderr. What " +
    "injection does not touch stays as it is, byte for byte, comments included; twice is the same as once; uninject takes it back.\n\n" +
    "Every flag about the pod can also stand on the pod itself, as an annotation meshctl.dev/NAME, which wins. A value that cannot be " +
    "used, or a pod that must not run like this, is an error with its place, and nothing is written.",
  arguments: [{ syntax: "[files...]", description: "as -f", completes: "file" }],
  options: [
    ...EDIT_OPTIONS,
    ...INJECT_OPTIONS.map(flagOf),
    {
      flags: "--image-pull-policy <policy>",
      description: "when nodes fetch the image",
      choices: ["Always", "IfNotPresent", "Never"],
    },
    { flags: "--mesh-namespace <name>", description: "namespace of the control plane", default: DEFAULT_VALUES.meshNamespace },
    { flags: "--trust-domain <name>", description: "trust domain of the mesh", default: DEFAULT_VALUES.trustDomain },
  ],
  examples: [
    { line: "meshctl inject deployment.yaml | kubectl apply -f -", text: "Into the cluster" },
    { line: "kubectl get deploy -o yaml | meshctl inject - | kubectl apply -f -", text: "What runs already" },
    { line: "meshctl inject -f k8s/ -R --dry-run", text: "See what would change" },
    { line: "meshctl inject -f k8s/ --in-place --fail-on-skip", text: "In a repository; fail when a workload stays outside the mesh" },
    {
      line: "meshctl inject 'k8s/*.yaml' --skip-outbound-ports 3306 --opaque-ports 9000-9100 --skip-inbound-ports 22 --skip-subnets 10.9.0.0/16",
      text: "With ports and addresses that go past the proxy",
    },
    {
      line: "meshctl inject job.yaml --native-sidecar false --drain 1m --log-level debug --concurrency 2",
      text: "For clusters before 1.29",
    },
    {
      line: "meshctl inject web.yaml --proxy-cpu-request 100m --proxy-memory-request 64Mi --proxy-cpu-limit 1 --proxy-memory-limit 512Mi",
      text: "With other resources",
    },
    {
      line: "meshctl inject web.yaml --image example.org/meshctl:1.2 --image-pull-policy Always --revision canary --mesh-namespace mesh --trust-domain example.org",
      text: "For a control plane of another name",
    },
    { line: "meshctl inject -f k8s/ --dry-run -o json", text: "A report for programs" },
  ],
  run,
});

function flagOf({ name, placeholder, description, choices, parse }: InjectOption): OptionDefinition {
  return {
    flags: `--${name} <${placeholder}>`,
    description,
    parse(text: string) {
      const parsed = parse(text);
      if (parsed.ok) return parsed.value;
      throw new UserError(`"${text}" is not ${parsed.expected}`, { exitCode: EXIT.USAGE });
    },
    ...(choices === undefined ? {} : { completes: choices }),
  };
}

async function run(context: Context, options: InjectCommandOptions, files: readonly string[] = []): Promise<number> {
  const values = valuesOf(options);
  const namespace = context.globals.namespace ?? "";
  const names = [...files, ...(options.filename ?? [])];
  return editFiles(context, options, names, (text, namespaces) => injectText(text, { values, namespace, namespaces }), readNamespaces);
}

function valuesOf(options: InjectCommandOptions): InjectValues {
  const given = INJECT_OPTIONS.flatMap(({ field, name }) => {
    const value = options[camelCase(name)];
    return value === undefined ? [] : [[field, value] as const];
  });
  return {
    meshNamespace: options.meshNamespace,
    trustDomain: options.trustDomain,
    imagePullPolicy: options.imagePullPolicy ?? DEFAULT_VALUES.imagePullPolicy,
    settings: { ...DEFAULT_VALUES.settings, ...Object.fromEntries(given) },
  };
}

/** As commander names options. */
function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
