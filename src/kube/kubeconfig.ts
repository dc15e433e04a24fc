import { parse } from "yaml";
import { UserError } from "../lib/errors.ts";

/** https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/, the part that says where a cluster is and who asks. */
export interface Kubeconfig {
  readonly currentContext: string;
  readonly contexts: readonly { readonly name: string; readonly cluster: string; readonly user: string }[];
  readonly clusters: readonly NamedCluster[];
  readonly users: readonly NamedUser[];
}

export interface NamedCluster {
  readonly name: string;
  readonly server: string;
  readonly tlsServerName?: string;
  readonly insecure: boolean;
  /** PEM, or the path of a PEM file. */
  readonly ca: PemSource;
  readonly proxyUrl?: string;
}

export interface NamedUser {
  readonly name: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly cert: PemSource;
  readonly key: PemSource;
  readonly exec?: ExecPlugin;
  /** What it asks for that we do not do; empty when nothing. */
  readonly unsupported: readonly string[];
}

/** At most one of the two; data wins, as with kubectl. Paths are absolute. */
export interface PemSource {
  readonly data?: string;
  readonly file?: string;
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly provideClusterInfo: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** One file's text. `resolve` makes its relative paths absolute. Throws a UserError that names `path`. */
export function parseKubeconfig(text: string, path: string, resolve: (relative: string) => string): Kubeconfig {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw new UserError(`${path} is no YAML: ${String((error as Error).message).split("\n", 1)[0] ?? ""}`);
  }
  if (value === null || value === undefined) value = {};
  if (typeof value !== "object" || Array.isArray(value)) throw new UserError(`${path} is not a kubeconfig: it is no mapping`);
  const file = value as Fields;
  return {
    currentContext: textOf(file["current-context"]) ?? "",
    contexts: named(file.contexts, "context", (name, entry) => ({
      name,
      cluster: textOf(entry.cluster) ?? "",
      user: textOf(entry.user) ?? "",
    })),
    clusters: named(file.clusters, "cluster", (name, entry) => clusterOf(name, entry, resolve)),
    users: named(file.users, "user", (name, entry) => userOf(name, entry, resolve)),
  };
}

/** Files in order: the first that sets a name, or the current context, has it. */
export function mergeKubeconfigs(files: readonly Kubeconfig[]): Kubeconfig {
  const first = <T extends { readonly name: string }>(lists: readonly (readonly T[])[]): T[] => {
    const found = new Map<string, T>();
    for (const entry of lists.flat()) if (!found.has(entry.name)) found.set(entry.name, entry);
    return [...found.values()];
  };
  return {
    currentContext: files.map((file) => file.currentContext).find((name) => name !== "") ?? "",
    contexts: first(files.map((file) => file.contexts)),
    clusters: first(files.map((file) => file.clusters)),
    users: first(files.map((file) => file.users)),
  };
}

/** The cluster and user of a context, the current one when `wanted` is absent. Throws a UserError that says what there is. */
export function chooseCluster(
  config: Kubeconfig,
  wanted: string | undefined,
): { readonly name: string; readonly cluster: NamedCluster; readonly user: NamedUser } {
  const name = wanted ?? config.currentContext;
  const names = config.contexts.map((context) => context.name).join(", ");
  if (name === "")
    throw new UserError("the kubeconfig has no current context", { hint: `Name one with --context: ${names || "there is none"}.` });
  const context = config.contexts.find((candidate) => candidate.name === name);
  if (!context) throw new UserError(`the kubeconfig has no context "${name}"`, { hint: `There is: ${names || "none"}.` });
  const cluster = config.clusters.find((candidate) => candidate.name === context.cluster);
  if (!cluster) throw new UserError(`context "${name}" of the kubeconfig names cluster "${context.cluster}", which is not there`);
  const user = config.users.find((candidate) => candidate.name === context.user) ?? { name: "", cert: {}, key: {}, unsupported: [] };
  return { name, cluster, user };
}

function named<T>(list: unknown, inner: string, make: (name: string, entry: Fields) => T): T[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    const { name, [inner]: entry } = (item ?? {}) as Fields;
    return typeof name === "string" && typeof entry === "object" && entry !== null ? [make(name, entry as Fields)] : [];
  });
}

function clusterOf(name: string, entry: Fields, resolve: (path: string) => string): NamedCluster {
  const [tlsServerName, proxyUrl] = [textOf(entry["tls-server-name"]), textOf(entry["proxy-url"])];
  return {
    name,
    server: textOf(entry.server) ?? "",
    insecure: entry["insecure-skip-tls-verify"] === true,
    ca: pem(entry, "certificate-authority", resolve),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
  };
}

function userOf(name: string, entry: Fields, resolve: (path: string) => string): NamedUser {
  const [token, tokenFile] = [textOf(entry.token), textOf(entry.tokenFile)];
  const unsupported = ["auth-provider", "username", "as"].filter((field) => entry[field] !== undefined);
  const exec = entry.exec as Fields | undefined;
  return {
    name,
    cert: pem(entry, "client-certificate", resolve),
    key: pem(entry, "client-key", resolve),
    unsupported,
    ...(token === undefined ? {} : { token }),
    ...(tokenFile === undefined ? {} : { tokenFile: resolve(tokenFile) }),
    ...(exec === undefined || exec === null ? {} : { exec: execOf(exec, resolve) }),
  };
}

function execOf(exec: Fields, resolve: (path: string) => string): ExecPlugin {
  const command = textOf(exec.command) ?? "";
  return {
    apiVersion: textOf(exec.apiVersion) ?? "",
    // A path with a slash is relative to the file; a bare word is looked up in PATH.
    command: command.includes("/") ? resolve(command) : command,
    args: Array.isArray(exec.args) ? exec.args.map(String) : [],
    env: Array.isArray(exec.env) ? exec.env.map((item: Fields) => ({ name: String(item.name), value: String(item.value) })) : [],
    provideClusterInfo: exec.provideClusterInfo === true,
  };
}

function pem(entry: Fields, field: string, resolve: (path: string) => string): PemSource {
  const [data, file] = [textOf(entry[`${field}-data`]), textOf(entry[field])];
  if (data !== undefined) return { data: Buffer.from(data, "base64").toString("utf8") };
  return file === undefined ? {} : { file: resolve(file) };
}

/** Text that is not empty. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
