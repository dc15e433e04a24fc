/** Rules for nft(8): one table of our own in the inet family, replaced in one transaction (kernel 5.2 and later). */
import type { RedirectBackend } from "./backend.ts";
import { DNS_PORT, type PortRange, type RedirectOptions } from "./options.ts";

const TABLE = "inet meshctl";

export const nftables: RedirectBackend = Object.freeze({
  name: "nftables",
  format: formatNftables,
  inspect: [],
  // Adding before deleting: deleting what is not there is an error, adding what is there is none.
  apply: (options: RedirectOptions) => [nft(`table ${TABLE}\ndelete table ${TABLE}\n${formatNftables(options)}`)],
  remove: () => [nft(`table ${TABLE}\ndelete table ${TABLE}\n`)],
});

function nft(input: string) {
  return { program: "nft", args: ["-f", "-"], input };
}

/** The table as `nft -f` reads it. */
export function formatNftables(options: RedirectOptions): string {
  const subnets = (family: 4 | 6): string[] => options.skipSubnets.filter((subnet) => subnet.family === family).map(({ cidr }) => cidr);
  const lines = [
    ...subnetSet("skip4", "ipv4_addr", subnets(4)),
    ...subnetSet("skip6", "ipv6_addr", subnets(6)),
    "  chain outbound {",
    "    type nat hook output priority -100; policy accept;",
    "    meta l4proto != tcp return",
    `    meta skuid ${options.proxyUid} return`,
    "    ip daddr 127.0.0.0/8 return",
    "    ip6 daddr ::1 return",
    `    tcp dport ${DNS_PORT} return`,
    ...portRule(options.skipOutboundPorts),
    ...(subnets(4).length > 0 ? ["    ip daddr @skip4 return"] : []),
    ...(subnets(6).length > 0 ? ["    ip6 daddr @skip6 return"] : []),
    `    meta l4proto tcp redirect to :${options.outboundPort}`,
    "  }",
    "  chain inbound {",
    "    type nat hook prerouting priority -100; policy accept;",
    "    meta l4proto != tcp return",
    '    iifname "lo" return',
    ...portRule(options.skipInboundPorts),
    `    meta l4proto tcp redirect to :${options.inboundPort}`,
    "  }",
  ];
  return `table ${TABLE} {\n${lines.join("\n")}\n}\n`;
}

function subnetSet(name: string, type: string, cidrs: readonly string[]): string[] {
  if (cidrs.length === 0) return [];
  // Subnets may lie within each other.
  return [`  set ${name} {`, `    type ${type}; flags interval; auto-merge;`, `    elements = { ${cidrs.join(", ")} }`, "  }"];
}

function portRule(ranges: readonly PortRange[]): string[] {
  if (ranges.length === 0) return [];
  return [
    `    tcp dport { ${merged(ranges)
      .map(([first, last]) => (first === last ? first : `${first}-${last}`))
      .join(", ")} } return`,
  ];
}

/** In order, without overlaps, which an anonymous set refuses. */
export function merged(ranges: readonly PortRange[]): PortRange[] {
  const result: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((left, right) => left[0] - right[0])) {
    const before = result.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else result.push([first, last]);
  }
  return result;
}
