/** Rules for iptables-restore(8) and ip6tables-restore(8), for kernels and images without nftables. */
import type { RedirectBackend, Step } from "./backend.ts";
import { merged } from "./nftables.ts";
import { DNS_PORT, type PortRange, type RedirectOptions } from "./options.ts";

type Family = 4 | 6;
const FAMILIES: readonly Family[] = [4, 6];
const PROGRAM = { 4: "iptables", 6: "ip6tables" } as const;
const OUTBOUND = "MESHCTL_OUTBOUND";
const INBOUND = "MESHCTL_INBOUND";
/** Chains of the kernel, and the chain of ours each leads to. */
const JUMPS = [
  ["OUTPUT", OUTBOUND],
  ["PREROUTING", INBOUND],
] as const;

export const iptables: RedirectBackend = Object.freeze({
  name: "iptables",
  format: (options: RedirectOptions) =>
    FAMILIES.map((family) => `# ${PROGRAM[family]}-restore --noflush\n${formatIptables(options, family, "")}`).join(""),
  inspect: FAMILIES.map((family): Step => ({ program: `${PROGRAM[family]}-save`, args: ["-t", "nat"] })),
  apply: (options: RedirectOptions, found: readonly string[]) =>
    FAMILIES.map((family, index) => restore(family, formatIptables(options, family, found[index] ?? ""))),
  remove: (found: readonly string[]) =>
    FAMILIES.flatMap((family, index) => {
      const text = formatRemoval(found[index] ?? "");
      return text === "" ? [] : [restore(family, text)];
    }),
});

function restore(family: Family, input: string): Step {
  return { program: `${PROGRAM[family]}-restore`, args: ["--noflush"], input };
}

/**
 * The nat table's part of ours, whole or not at all. With --noflush a chain that is named is emptied and others stay; `saved`
 * is what iptables-save printed, so that the jumps to our chains are not added twice.
 */
export function formatIptables(options: RedirectOptions, family: Family, saved: string): string {
  const loopback = family === 4 ? "127.0.0.0/8" : "::1/128";
  const lines = [
    "*nat",
    `:${OUTBOUND} - [0:0]`,
    `:${INBOUND} - [0:0]`,
    ...JUMPS.filter(([from, to]) => !hasJump(saved, from, to)).map(([from, to]) => `-A ${from} -p tcp -j ${to}`),
    `-A ${OUTBOUND} -m owner --uid-owner ${options.proxyUid} -j RETURN`,
    `-A ${OUTBOUND} -d ${loopback} -j RETURN`,
    ...ports(OUTBOUND, [[DNS_PORT, DNS_PORT], ...options.skipOutboundPorts]),
    ...options.skipSubnets.filter((subnet) => subnet.family === family).map(({ cidr }) => `-A ${OUTBOUND} -d ${cidr} -j RETURN`),
    `-A ${OUTBOUND} -p tcp -j REDIRECT --to-ports ${options.outboundPort}`,
    `-A ${INBOUND} -i lo -j RETURN`,
    ...ports(INBOUND, options.skipInboundPorts),
    `-A ${INBOUND} -p tcp -j REDIRECT --to-ports ${options.inboundPort}`,
    "COMMIT",
  ];
  return `${lines.join("\n")}\n`;
}

function formatRemoval(saved: string): string {
  const chains = [OUTBOUND, INBOUND].filter((chain) => saved.includes(`\n:${chain} `));
  if (chains.length === 0) return "";
  const jumps = JUMPS.filter(([from, to]) => hasJump(saved, from, to)).map(([from, to]) => `-D ${from} -p tcp -j ${to}`);
  const lines = ["*nat", ...jumps, ...chains.flatMap((chain) => [`-F ${chain}`, `-X ${chain}`]), "COMMIT"];
  return `${lines.join("\n")}\n`;
}

function hasJump(saved: string, from: string, to: string): boolean {
  return saved.split("\n").includes(`-A ${from} -p tcp -j ${to}`);
}

function ports(chain: string, ranges: readonly PortRange[]): string[] {
  return merged(ranges).map(([first, last]) => `-A ${chain} -p tcp --dport ${first === last ? first : `${first}:${last}`} -j RETURN`);
}
