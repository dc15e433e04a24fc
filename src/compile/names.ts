import { isIP } from "node:net";

/** What a subscriber may call a destination, taken apart. */
export type Destination =
  | { readonly kind: "service"; readonly namespace: string; readonly name: string; readonly port: number }
  | { readonly kind: "address"; readonly address: string; readonly port: number };

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Reads `namespace/service:port`, a host name `svc[.ns[.svc[.cluster.local]]]:port` (a bare one is of the
 * client's namespace), or `ip:port` (IPv6 in brackets). Null for anything else.
 */
export function parseDestination(name: string, clientNamespace: string, clusterDomain: string): Destination | null {
  const colon = name.lastIndexOf(":");
  const port = Number(name.slice(colon + 1));
  if (colon <= 0 || !/^\d{1,5}$/.test(name.slice(colon + 1)) || port < 1 || port > 65535) return null;
  const host = name.slice(0, colon);
  const literal = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  if (isIP(literal) !== 0) return { kind: "address", address: literal, port };
  const slash = host.indexOf("/");
  if (slash >= 0) return serviceDestination(host.slice(0, slash), host.slice(slash + 1), port);
  const [first = "", namespace = clientNamespace, third, ...rest] = host.split(".");
  if (third !== undefined && (third !== "svc" || (rest.length > 0 && rest.join(".") !== clusterDomain))) return null;
  return serviceDestination(namespace, first, port);
}

function serviceDestination(namespace: string, name: string, port: number): Destination | null {
  return LABEL.test(namespace) && LABEL.test(name) ? { kind: "service", namespace, name, port } : null;
}

/** Canonical name of Outbound and Endpoints of a Service port. */
export function destinationName(namespace: string, service: string, port: number): string {
  return `${namespace}/${service}:${port}`;
}

/** Name of one instance's port: `ip:port`, IPv6 in brackets. */
export function addressName(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Host names that mean the same from every namespace. */
export function hostAliases(namespace: string, service: string, port: number, clusterDomain: string): readonly string[] {
  return [`${service}.${namespace}.svc.${clusterDomain}:${port}`, `${service}.${namespace}.svc:${port}`, `${service}.${namespace}:${port}`];
}

/** Every name under which somebody may have subscribed to a Service port, the bare host name included. */
export function subscribableNames(namespace: string, service: string, port: number, clusterDomain: string): readonly string[] {
  return [destinationName(namespace, service, port), ...hostAliases(namespace, service, port, clusterDomain), `${service}:${port}`];
}
