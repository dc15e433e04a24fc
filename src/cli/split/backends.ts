import { EXIT, UserError } from "../../lib/errors.ts";
import { closest } from "../../lib/closest.ts";
import { parsePair, wholeNumber } from "../options/values.ts";
import type { Service } from "../../model/kinds/service.ts";
import type { Backend, SplitPort, Weight } from "./types.ts";

/** Labels of the Services that the controller derives for each version of a service. */
const SERVICE_LABEL = "meshctl.dev/service";
const VERSION_LABEL = "meshctl.dev/version";

/** One `--backend VERSION=SERVICE[:PORT]`. */
export function parseBackend(text: string): { readonly version: string; readonly service: string; readonly port?: number } {
  const { name, value } = parsePair(text);
  const [service = "", portText, ...rest] = value.split(":");
  const port = portText === undefined ? undefined : wholeNumber(portText);
  if (service === "" || rest.length > 0 || port === null || (port !== undefined && (port < 1 || port > 65535))) {
    throw new UserError(`"${text}" is not of the form VERSION=SERVICE[:PORT]`, { hint: "For example v1=api-v1:80.", exitCode: EXIT.USAGE });
  }
  return { version: name, service, ...(port === undefined ? {} : { port }) };
}

/** The port of `service` that the split is for. Throws when there is a choice and `wanted` does not make it. */
export function choosePort(service: Service, wanted: number | undefined): SplitPort {
  const ports = service.spec?.ports ?? [];
  const listed = ports.map(({ port }) => port).join(", ");
  const name = service.metadata.name;
  if (wanted !== undefined) {
    const found = ports.find(({ port }) => port === wanted);
    if (found) return found;
    throw new UserError(`service ${name} has no port ${wanted}`, { hint: listed === "" ? "It has no ports." : `It has: ${listed}.` });
  }
  const [only, ...others] = ports;
  if (only === undefined) throw new UserError(`service ${name} has no ports`);
  if (others.length > 0)
    throw new UserError(`service ${name} has several ports`, { hint: `Say which with --port: ${listed}.`, exitCode: EXIT.USAGE });
  return only;
}

/** HTTP rules need requests; a TCP service has none. */
export function requireHttp(service: Service, port: SplitPort): void {
  if (port.appProtocol !== "tcp") return;
  throw new UserError(`service ${service.metadata.name}:${port.port} speaks TCP: its connections have no requests to split`, {
    hint: "A split by connections (TCPRoute) is not built yet. If it speaks HTTP, declare it: `--service NAME:PORT/http`.",
    exitCode: EXIT.REFUSED,
  });
}

/** Every version of `service` that has a Service of its own, with the port that serves `port`. */
export function knownBackends(service: string, port: number, services: readonly Service[]): Backend[] {
  return services
    .filter(({ metadata }) => metadata.labels?.[SERVICE_LABEL] === service && metadata.labels[VERSION_LABEL] !== undefined)
    .map((candidate) => ({
      version: candidate.metadata.labels?.[VERSION_LABEL] ?? "",
      service: candidate.metadata.name,
      port: matchingPort(candidate, port),
    }))
    .sort((left, right) => (left.version < right.version ? -1 : 1));
}

/** The Service behind each weight: named by `--backend`, else known by its labels. Throws with what exists. */
export function chooseBackends(
  weights: readonly Weight[],
  named: readonly ReturnType<typeof parseBackend>[],
  known: readonly Backend[],
  services: readonly Service[],
  port: number,
): Backend[] {
  for (const { version } of named) {
    if (!weights.some((weight) => weight.version === version)) {
      throw new UserError(`--backend names ${version}, but no --weight does`, { exitCode: EXIT.USAGE });
    }
  }
  return weights.map(({ version }) => {
    const given = named.find((backend) => backend.version === version);
    return given ? existing(given, services, port) : knownVersion(version, known);
  });
}

function existing(given: ReturnType<typeof parseBackend>, services: readonly Service[], port: number): Backend {
  const service = services.find(({ metadata }) => metadata.name === given.service);
  if (!service) {
    const names = services.map(({ metadata }) => metadata.name);
    throw new UserError(`--backend ${given.version}: there is no service ${given.service}`, {
      hint: whatExists("service", given.service, names),
    });
  }
  const chosen = given.port === undefined ? matchingPort(service, port) : choosePort(service, given.port).port;
  return { version: given.version, service: given.service, port: chosen };
}

function knownVersion(version: string, known: readonly Backend[]): Backend {
  const found = known.find((backend) => backend.version === version);
  if (found) return found;
  const names = known.map((backend) => backend.version);
  const hint =
    names.length > 0
      ? whatExists("version", version, names)
      : "No workload has been run with --version for it; or name a Service with --backend.";
  throw new UserError(`there is no version ${version}`, { hint });
}

/** `There is: v1, v2. Did you mean v1?` */
export function whatExists(what: string, wanted: string, names: readonly string[]): string {
  if (names.length === 0) return `There is no ${what} at all.`;
  const near = nearest(wanted, names);
  return `There is: ${[...names].sort().join(", ")}.${near === null ? "" : ` Did you mean ${near}?`}`;
}

/** Of `namespace/name` only the name can be mistyped a little: what all names begin with must not make them alike. */
function nearest(wanted: string, names: readonly string[]): string | null {
  const prefix = wanted.slice(0, wanted.indexOf("/") + 1);
  const own = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const near = closest(wanted.slice(prefix.length), own);
  return near === null ? null : `${prefix}${near}`;
}

/** The port of that number where there is one, else the only or first one. */
function matchingPort(service: Service, port: number): number {
  const ports = service.spec?.ports ?? [];
  return (ports.find((candidate) => candidate.port === port) ?? ports[0])?.port ?? port;
}
