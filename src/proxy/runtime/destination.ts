import { isIP } from "node:net";

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DEFAULT_PORT = 80;

/**
 * `host[:port]` → `namespace/service:port`, or null when it cannot be a name of the mesh. Short names are
 * completed here, by the rules of cluster DNS: `api`, `api.shop`, `api.shop.svc`, `api.shop.svc.<domain>`.
 */
export function destinationOf(authority: string, ownNamespace: string, clusterDomain: string): string | null {
  const { host, port } = split(authority);
  if (port === null || isIP(host) !== 0) return null;
  const lower = host.endsWith(".") ? host.slice(0, -1).toLowerCase() : host.toLowerCase();
  const suffix = `.svc.${clusterDomain}`;
  const short = lower.endsWith(suffix) ? lower.slice(0, -suffix.length) : lower.endsWith(".svc") ? lower.slice(0, -4) : lower;
  // `svc` says that a namespace stands before it.
  const [service = "", namespace = short === lower ? ownNamespace : "", ...more] = short.split(".");
  if (more.length > 0 || !LABEL.test(service) || !LABEL.test(namespace)) return null;
  return `${namespace}/${service}:${port}`;
}

function split(authority: string): { host: string; port: number | null } {
  const colon = authority.lastIndexOf(":");
  if (colon === -1 || authority.endsWith("]")) return { host: authority, port: DEFAULT_PORT };
  const text = authority.slice(colon + 1);
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  return { host: authority.slice(0, colon).replace(/^\[|\]$/g, ""), port: port >= 1 && port <= 65_535 ? port : null };
}
