import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { createKubeClient } from "../../kube/client.ts";
import type { KubeClient } from "../../kube/contract.ts";
import { runExecPlugin } from "../../kube/exec-credential.ts";
import { chooseCluster, mergeKubeconfigs, type NamedUser, parseKubeconfig, type PemSource } from "../../kube/kubeconfig.ts";
import { EXIT, messageOf, UserError } from "../../lib/errors.ts";
import type { OptionDefinition } from "../command.ts";
import type { Context } from "../context.ts";
import { traced } from "../traced-client.ts";

export interface ClusterOptions {
  readonly kubeconfig?: string;
}

export const KUBECONFIG: OptionDefinition = Object.freeze({
  flags: "--kubeconfig <file>",
  description: "which cluster, with --context (default: $KUBECONFIG, else ~/.kube/config)",
  completes: "file",
});

/** Runs `work` with a client of the cluster that the kubeconfig names. */
export async function withCluster<T>(
  context: Context,
  options: ClusterOptions,
  work: (client: KubeClient, cluster: string) => Promise<T>,
): Promise<T> {
  const { client, name } = await openCluster(context, options);
  try {
    return await work(context.globals.verbose ? traced(client, (line) => context.say(line)) : client, name);
  } finally {
    await client.close();
  }
}

async function openCluster(context: Context, options: ClusterOptions): Promise<{ client: KubeClient; name: string }> {
  const { name, cluster, user } = chooseCluster(mergeKubeconfigs(readFiles(context, options)), context.globals.context);
  if (!cluster.server) throw new UserError(`cluster "${cluster.name}" of the kubeconfig has no server`);
  if (cluster.proxyUrl)
    throw new UserError(`cluster "${cluster.name}" is reached through a proxy (proxy-url), which this program does not do`);
  const [unsupported] = user.unsupported;
  if (unsupported) {
    throw new UserError(`user "${user.name}" of the kubeconfig has ${unsupported}, which this program does not do`, {
      hint: "A token, a client certificate or an exec plug-in will do.",
    });
  }
  const ca = read(cluster.ca, "certificate-authority");
  const client = createKubeClient({
    server: cluster.server,
    ...(ca === undefined ? {} : { caPem: ca }),
    ...(cluster.tlsServerName === undefined ? {} : { serverName: cluster.tlsServerName }),
    ...(cluster.insecure ? { insecure: true } : {}),
    ...(await credentialOf(context, user, cluster)),
    unreachableHint: `The kubeconfig's context is ${name}; \`kubectl --context ${name} version\` asks the same server.`,
  });
  return { client, name };
}

type Cluster = Parameters<typeof runExecPlugin>[1];

async function credentialOf(context: Context, user: NamedUser, cluster: Cluster) {
  const [certPem, keyPem] = [read(user.cert, "client-certificate"), read(user.key, "client-key")];
  if (certPem !== undefined && keyPem !== undefined) return { certPem, keyPem };
  const { token, tokenFile, exec } = user;
  if (token !== undefined) return { token };
  if (tokenFile !== undefined) return { token: read({ file: tokenFile }, "tokenFile")?.trim() };
  return exec === undefined ? {} : runExecPlugin(exec, cluster, context.env);
}

function readFiles(context: Context, { kubeconfig }: ClusterOptions) {
  const listed = (context.env.KUBECONFIG ?? "").split(delimiter).filter((path) => path !== "");
  const usual = join(context.userHome, ".kube", "config");
  const paths = (kubeconfig === undefined ? (listed.length > 0 ? listed : [usual]) : [kubeconfig]).map((path) =>
    resolve(context.cwd, path),
  );
  const present = kubeconfig === undefined ? paths.filter((path) => existsSync(path)) : paths;
  if (present.length === 0) {
    throw new UserError(`there is no kubeconfig: ${paths.join(", ")} does not exist`, {
      hint: "Name one with --kubeconfig. For a mesh on this machine: --local.",
      exitCode: EXIT.UNREACHABLE,
    });
  }
  return present.map((path) => parseKubeconfig(readText(path), path, (file) => (isAbsolute(file) ? file : join(dirname(path), file))));
}

function read({ data, file }: PemSource, what: string): string | undefined {
  if (data !== undefined || file === undefined) return data;
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`the kubeconfig's ${what} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`the kubeconfig cannot be read: ${messageOf(error)}`, { exitCode: EXIT.UNREACHABLE, cause: error });
  }
}
