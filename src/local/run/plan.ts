import { EXIT, UserError } from "../../lib/errors.ts";
import type { ProxyLimits } from "../../messages/bootstrap.ts";
import { checkLabel, type Protocol, type ServiceFlag, type UpstreamFlag } from "./service-flag.ts";

/** What the user asked of `meshctl run`, each flag parsed. */
export interface RunRequest {
  readonly name: string;
  readonly namespace: string;
  readonly services: readonly ServiceFlag[];
  readonly upstreams: readonly UpstreamFlag[];
  readonly version?: string;
  /** 0: one is picked. */
  readonly port?: number;
  readonly serviceAccount?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly readyPath?: string;
  readonly drainMs: number;
  /** Processes of the sidecar; 1 when absent. */
  readonly concurrency?: number;
  readonly limits?: ProxyLimits;
  readonly command: readonly string[];
}

export interface ServedPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly appPort: number;
}

export interface PlannedUpstream {
  /** `namespace/service:port`. */
  readonly destination: string;
  readonly localPort: number;
  /** Variable that tells the command where it is: MESHCTL_UPSTREAM_API_80. */
  readonly variable: string;
}

/** A request that fits together, with every name and application port known. */
export interface RunPlan {
  readonly name: string;
  readonly namespace: string;
  /** `namespace/name`. */
  readonly instance: string;
  readonly serviceAccount: string;
  readonly version?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly services: readonly ServedPort[];
  readonly upstreams: readonly PlannedUpstream[];
  /** Value of PORT for the command; null where it serves nothing. */
  readonly port: number | null;
  readonly readyPath?: string;
  readonly drainMs: number;
  readonly concurrency: number;
  readonly limits: ProxyLimits;
  readonly command: readonly [string, ...string[]];
}

/** Judges a request as a whole. `pickPort` is asked at most once, for `--port 0`. Throws {@link UserError} with exit code 2. */
export async function planRun(request: RunRequest, pickPort: () => Promise<number>): Promise<RunPlan> {
  const { name, namespace, command, readyPath } = request;
  const serviceAccount = request.serviceAccount ?? name;
  checkLabel(name, "workload name");
  checkLabel(namespace, "namespace");
  checkLabel(serviceAccount, "service account");
  if (request.version !== undefined) checkLabel(request.version, "version");
  for (const [key, value] of Object.entries(request.labels)) checkUserLabel(key, value);
  const [program, ...programArguments] = command;
  if (program === undefined || program === "")
    throw usage("there is no command to run", `Put it at the end: meshctl run ${name} … -- node app.js`);
  if (readyPath !== undefined && !readyPath.startsWith("/")) throw usage(`--ready-path "${readyPath}" does not begin with /`);
  if (readyPath !== undefined && !request.services.some(({ protocol }) => protocol === "http")) {
    throw usage("--ready-path is for services that speak HTTP/1, and there is none");
  }

  const defaultPort = await chooseDefaultPort(request, pickPort);
  const services = request.services.map((service) => servedPort(service, defaultPort));
  checkServices(services);
  const upstreams = request.upstreams.map((upstream) => plannedUpstream(upstream, namespace));
  checkUpstreams(upstreams, services);
  return {
    name,
    namespace,
    instance: `${namespace}/${name}`,
    serviceAccount,
    ...(request.version === undefined ? {} : { version: request.version }),
    labels: request.labels,
    services,
    upstreams,
    port: defaultPort ?? services[0]?.appPort ?? null,
    ...(readyPath === undefined ? {} : { readyPath }),
    drainMs: request.drainMs,
    concurrency: request.concurrency ?? 1,
    limits: request.limits ?? {},
    command: [program, ...programArguments],
  };
}

/** Without any --service it is only handed on as PORT. */
async function chooseDefaultPort(request: RunRequest, pickPort: () => Promise<number>): Promise<number | null> {
  if (request.port === undefined) return null;
  return request.port === 0 ? pickPort() : request.port;
}

function servedPort(service: ServiceFlag, defaultPort: number | null): ServedPort {
  const appPort = service.appPort ?? defaultPort;
  if (appPort === null) {
    throw usage(
      `--service ${service.name}:${service.port} does not say which port the application listens on`,
      `Give --port, or --service ${service.name}:${service.port}=APPPORT.`,
    );
  }
  return { name: service.name, port: service.port, protocol: service.protocol, appPort };
}

function checkServices(services: readonly ServedPort[]): void {
  const seen = new Set<string>();
  const protocols = new Map<number, Protocol>();
  for (const { name, port, protocol, appPort } of services) {
    const key = `${name}:${port}`;
    if (seen.has(key)) throw usage(`--service ${key} is there twice`);
    seen.add(key);
    const other = protocols.get(appPort);
    if (other !== undefined && other !== protocol)
      throw usage(`port ${appPort} of the application is said to speak both ${other} and ${protocol}`);
    protocols.set(appPort, protocol);
  }
}

function plannedUpstream(upstream: UpstreamFlag, ownNamespace: string): PlannedUpstream {
  const { name, namespace = ownNamespace, port, localPort } = upstream;
  const words = namespace === ownNamespace ? [name, port] : [name, namespace, port];
  const variable = `MESHCTL_UPSTREAM_${words.join("_").toUpperCase().replaceAll("-", "_")}`;
  return { destination: `${namespace}/${name}:${port}`, localPort, variable };
}

function checkUpstreams(upstreams: readonly PlannedUpstream[], services: readonly ServedPort[]): void {
  const variables = new Set<string>();
  const ports = new Set(services.map(({ appPort }) => appPort));
  for (const { destination, localPort, variable } of upstreams) {
    if (variables.has(variable)) throw usage(`--upstream ${destination}: another upstream has the same variable ${variable}`);
    variables.add(variable);
    if (localPort === 0) continue;
    if (ports.has(localPort))
      throw usage(`--upstream ${destination}=${localPort}: port ${localPort} is already given to something else here`);
    ports.add(localPort);
  }
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const LABEL_NAME = /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

function checkUserLabel(key: string, value: string): void {
  if (!LABEL_NAME.test(key)) throw usage(`--label ${key}: not a label name`, "For example team=store or example.com/tier=front.");
  if (key.startsWith("meshctl.dev/")) throw usage(`--label ${key}: labels under meshctl.dev/ are written by the mesh`);
  if (!LABEL_VALUE.test(value)) throw usage(`--label ${key}: "${value}" is not a label value`);
}

function usage(message: string, hint?: string): UserError {
  return new UserError(message, { exitCode: EXIT.USAGE, hint });
}
