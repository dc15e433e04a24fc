import { resolve } from "node:path";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { formatJson, formatYaml } from "../output/structured.ts";

interface KubeconfigOptions {
  readonly output: "yaml" | "json";
}

export const command = defineCommand<KubeconfigOptions>({
  description:
    "Prints a kubeconfig for the mesh, so that kubectl and everything that reads one works on it. It holds no secret: kubectl asks " +
    "`meshctl credential` for the token each time.",
  options: [{ flags: "-o, --output <format>", description: "how to print it", choices: ["yaml", "json"], default: "yaml" }],
  examples: [
    { line: "meshctl kubeconfig > kc.yaml", text: "For kubectl --kubeconfig kc.yaml get httproutes,workloads -A" },
    { line: "meshctl kubeconfig -o json", text: "For programs" },
  ],
  run,
});

async function run(context: Context, { output }: KubeconfigOptions): Promise<void> {
  const { context: mesh, server, ca } = await context.target();
  const name = `meshctl-${mesh.name}`;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: await context.namespace() } }],
    users: [
      {
        name,
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1",
            // Absolute: kubectl runs it wherever it is started, and its PATH may be another one.
            command: context.nodePath,
            args: [resolve(context.cwd, context.scriptPath), "credential", "--home", context.home.root, "--context", mesh.name],
            interactiveMode: "Never",
            provideClusterInfo: false,
          },
        },
      },
    ],
  };
  context.print(output === "json" ? formatJson(config) : formatYaml(config));
}
