import { stringify } from "yaml";

export interface KubeconfigOptions {
  /** Name of cluster, user and context alike. */
  readonly name: string;
  /** `https://host:port` */
  readonly server: string;
  /** PEM roots of the server. */
  readonly caPem: string;
  /** Namespace kubectl works in unless told otherwise. */
  readonly namespace?: string;
  /** Program that prints the credential, absolute, so that kubectl finds it from everywhere. */
  readonly command: string;
  readonly args: readonly string[];
  /** Environment the program needs: MESHCTL_HOME where it is not the default. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A kubeconfig, YAML, that holds no secret: kubectl runs `command` (`meshctl credential`) for the bearer
 * token, which then never stands in a file that gets copied around.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export function formatKubeconfig(options: KubeconfigOptions): string {
  const { name, server, caPem, namespace, command, args, env = {} } = options;
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: { server, "certificate-authority-data": Buffer.from(caPem).toString("base64") } }],
    contexts: [{ name, context: { cluster: name, user: name, ...(namespace === undefined ? {} : { namespace }) } }],
    users: [
      {
        name,
        user: {
          exec: {
            apiVersion: EXEC_API_VERSION,
            command,
            args: [...args],
            env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
            interactiveMode: "Never",
            provideClusterInfo: false,
            installHint: "meshctl is needed to get the credential of this mesh: npm install --global meshctl",
          },
        },
      },
    ],
  });
}

export const EXEC_API_VERSION = "client.authentication.k8s.io/v1";

/** What an exec plugin prints: a bearer token, valid until `expiresAt` (RFC 3339) or for as long as kubectl runs. JSON. */
export function formatExecCredential(token: string, expiresAt?: string): string {
  return JSON.stringify({
    apiVersion: EXEC_API_VERSION,
    kind: "ExecCredential",
    status: { token, ...(expiresAt === undefined ? {} : { expirationTimestamp: expiresAt }) },
  });
}
