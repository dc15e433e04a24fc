import { BlockList, isIP } from "node:net";

const FORBIDDEN = new BlockList();
FORBIDDEN.addSubnet("127.0.0.0", 8, "ipv4");
FORBIDDEN.addSubnet("0.0.0.0", 8, "ipv4");
FORBIDDEN.addSubnet("169.254.0.0", 16, "ipv4");
FORBIDDEN.addAddress("::1", "ipv6");
FORBIDDEN.addAddress("::", "ipv6");
FORBIDDEN.addSubnet("fe80::", 10, "ipv6");

/**
 * True for loopback and link-local: through this proxy they would reach its own ports, its admin port or a
 * metadata service, not what the application means. `authority` is `host[:port]` in lower case.
 */
export function isForbiddenTarget(authority: string): boolean {
  const host = hostOf(authority);
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(host)?.[1] ?? host;
  const version = isIP(mapped);
  return version !== 0 && FORBIDDEN.check(mapped, version === 4 ? "ipv4" : "ipv6");
}

function hostOf(authority: string): string {
  if (authority.startsWith("[")) return authority.slice(1, authority.indexOf("]"));
  const colon = authority.indexOf(":");
  const host = colon === -1 ? authority : authority.slice(0, colon);
  return host.endsWith(".") ? host.slice(0, -1) : host;
}
