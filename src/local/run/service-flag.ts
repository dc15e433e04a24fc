import { EXIT, UserError } from "../../lib/errors.ts";

/** `http` is HTTP/1.1, `http2` prior knowledge (RFC 9113 3.3). */
export type Protocol = "http" | "http2" | "grpc" | "tcp";

const PROTOCOLS: readonly string[] = ["http", "http2", "grpc", "tcp"] satisfies readonly Protocol[];

/** `--service NAME:PORT[=APPPORT][/PROTOCOL]`. */
export interface ServiceFlag {
  readonly name: string;
  readonly port: number;
  /** Absent: the one of `--port`. */
  readonly appPort?: number;
  readonly protocol: Protocol;
}

/** `--upstream NAME[.NAMESPACE]:PORT[=LOCALPORT]`. */
export interface UpstreamFlag {
  readonly name: string;
  /** Absent: the workload's own. */
  readonly namespace?: string;
  readonly port: number;
  /** 0: one is picked. */
  readonly localPort: number;
}

const SERVICE = /^([^:=/]+):([0-9]+)(?:=([0-9]+))?(?:\/([a-z0-9]+))?$/;
const UPSTREAM = /^([^.:=/]+)(?:\.([^.:=/]+))?:([0-9]+)(?:=([0-9]+))?$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Throws {@link UserError} (exit code 2) that shows the form expected. */
export function parseServiceFlag(text: string): ServiceFlag {
  const [, name = "", port = "", appPort, protocol = "http"] = SERVICE.exec(text) ?? [];
  if (name === "")
    throw usage(`"${text}" is not NAME:PORT[=APPPORT][/http|http2|grpc|tcp]`, "For example web:80, api:80=8081 or ledger:7000/tcp.");
  checkLabel(name, "service name");
  if (!isProtocol(protocol)) throw usage(`"${protocol}" is not http, http2, grpc or tcp`);
  return { name, port: portOf(port, 1), ...(appPort === undefined ? {} : { appPort: portOf(appPort, 1) }), protocol };
}

function isProtocol(text: string): text is Protocol {
  return PROTOCOLS.includes(text);
}

/** Throws {@link UserError} (exit code 2) that shows the form expected. */
export function parseUpstreamFlag(text: string): UpstreamFlag {
  const [, name = "", namespace, port = "", localPort] = UPSTREAM.exec(text) ?? [];
  if (name === "") throw usage(`"${text}" is not NAME[.NAMESPACE]:PORT[=LOCALPORT]`, "For example api:80, api.shop:80 or api:80=9101.");
  checkLabel(name, "service name");
  if (namespace !== undefined) checkLabel(namespace, "namespace");
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    port: portOf(port, 1),
    localPort: localPort === undefined ? 0 : portOf(localPort, 0),
  };
}

/** A DNS label (RFC 1123), as Kubernetes asks of names that become host names. */
export function checkLabel(text: string, what: string): void {
  if (DNS_LABEL.test(text)) return;
  throw usage(`the ${what} "${text}" is not a DNS label`, "Use at most 63 of a-z, 0-9 and -, not at either end.");
}

/** Digits → port number of at least `least` (0 or 1). */
export function portOf(digits: string, least: 0 | 1): number {
  const port = /^[0-9]{1,5}$/.test(digits) ? Number(digits) : Number.NaN;
  if (Number.isInteger(port) && port >= least && port <= 65535) return port;
  throw usage(`"${digits}" is not a port (${least} to 65535)`);
}

function usage(message: string, hint?: string): UserError {
  return new UserError(message, { exitCode: EXIT.USAGE, hint });
}
