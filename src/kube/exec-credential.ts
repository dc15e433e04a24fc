import { execFile } from "node:child_process";
import { messageOf, UserError } from "../lib/errors.ts";
import type { ExecPlugin, NamedCluster } from "./kubeconfig.ts";

/** What a credential plug-in gives: a token, a client certificate, or both. */
export interface ExecCredential {
  readonly token?: string;
  readonly certPem?: string;
  readonly keyPem?: string;
}

const LIMIT_MS = 60_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
const API_VERSIONS: readonly string[] = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/** Runs the plug-in; what it says on stderr goes to the person. Throws a UserError that names it. */
export async function runExecPlugin(
  plugin: ExecPlugin,
  cluster: NamedCluster,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ExecCredential> {
  if (!API_VERSIONS.includes(plugin.apiVersion)) {
    throw new UserError(`the kubeconfig's credential plug-in ${plugin.command} speaks ${plugin.apiVersion || "no version"}`, {
      hint: `This program speaks ${API_VERSIONS.join(" and ")}.`,
    });
  }
  const info = { apiVersion: plugin.apiVersion, kind: "ExecCredential", spec: { interactive: false, ...clusterInfo(plugin, cluster) } };
  const own = Object.fromEntries(plugin.env.map(({ name, value }) => [name, value]));
  const stdout = await new Promise<string>((resolve, reject) => {
    const options = { env: { ...env, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) }, timeout: LIMIT_MS, maxBuffer: MAX_OUTPUT_BYTES };
    execFile(plugin.command, [...plugin.args], options, (error, out, err) => {
      if (error === null) return resolve(out);
      const said = err.trim().split("\n", 1)[0] ?? "";
      reject(new UserError(`the credential plug-in ${plugin.command} failed: ${said || error.message.split("\n", 1)[0]}`));
    });
  });
  return parseCredential(stdout, plugin);
}

function clusterInfo({ provideClusterInfo }: ExecPlugin, { server, ca, tlsServerName, insecure }: NamedCluster): object {
  if (!provideClusterInfo) return {};
  const data = ca.data === undefined ? {} : { "certificate-authority-data": Buffer.from(ca.data).toString("base64") };
  return {
    cluster: { server, "insecure-skip-tls-verify": insecure, ...(tlsServerName ? { "tls-server-name": tlsServerName } : {}), ...data },
  };
}

function parseCredential(stdout: string, { apiVersion, command }: ExecPlugin): ExecCredential {
  let answer: { apiVersion?: unknown; status?: Record<string, unknown> };
  try {
    answer = JSON.parse(stdout) as typeof answer;
  } catch (error) {
    throw new UserError(`the credential plug-in ${command} answered no JSON: ${messageOf(error)}`);
  }
  if (answer.apiVersion !== apiVersion)
    throw new UserError(`the credential plug-in ${command} answered ${String(answer.apiVersion)}, asked in ${apiVersion}`);
  const { token, clientCertificateData: certPem, clientKeyData: keyPem } = answer.status ?? {};
  const found = {
    ...(typeof token === "string" && token !== "" ? { token } : {}),
    ...(typeof certPem === "string" && typeof keyPem === "string" ? { certPem, keyPem } : {}),
  };
  if (Object.keys(found).length === 0) throw new UserError(`the credential plug-in ${command} gave no credential`);
  return found;
}
