import { BlockList, isIP } from "node:net";
import type { Violation } from "../lib/errors.ts";

/** First and last port, both included. */
export type PortRange = readonly [first: number, last: number];

/** Which traffic of a network namespace goes through its proxy. */
export interface RedirectOptions {
  /** Where TCP that comes in is sent. */
  readonly inboundPort: number;
  /** Where TCP that goes out is sent. */
  readonly outboundPort: number;
  /** What this user sends goes straight out: the proxy itself. */
  readonly proxyUid: number;
  /** Ports of this namespace that are reached past the proxy. */
  readonly skipInboundPorts: readonly PortRange[];
  /** Ports elsewhere that are reached past the proxy. */
  readonly skipOutboundPorts: readonly PortRange[];
  /** Destinations that are reached past the proxy. */
  readonly skipSubnets: readonly Subnet[];
}

export interface Subnet {
  readonly family: 4 | 6;
  /** `10.0.0.0/8` */
  readonly cidr: string;
}

/** The same as they stand on a command line; absent: the default. */
export type RedirectFlags = { readonly [Name in (typeof FLAG_NAMES)[number]]?: string };

export const FLAG_NAMES = [
  "inbound-port",
  "outbound-port",
  "proxy-uid",
  "skip-inbound-ports",
  "skip-outbound-ports",
  "skip-subnets",
] as const;

/** As many as a person writes; rules stay readable. */
const MAX_ENTRIES = 256;
/** Largest user id there is: 4294967295 means "no change" to the kernel. */
const MAX_UID = 4_294_967_294;

/** What stands where a flag is absent. */
export type RedirectDefaults = Pick<RedirectOptions, "inboundPort" | "outboundPort" | "proxyUid">;

/** What the flags mean, or everything that is wrong with them; paths are flags. */
export function parseRedirectFlags(
  flags: RedirectFlags,
  defaults: RedirectDefaults,
): {
  readonly options: RedirectOptions | null;
  readonly violations: readonly Violation[];
} {
  const violations: Violation[] = [];
  const whole = (name: (typeof FLAG_NAMES)[number], fallback: number, max: number): number => {
    const text = flags[name];
    if (text === undefined) return fallback;
    const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : 0;
    if (value < 1 || value > max) violations.push({ path: `--${name}`, message: `"${text}" is not a whole number from 1 to ${max}` });
    return value;
  };
  const list = <T>(name: (typeof FLAG_NAMES)[number], parse: (part: string) => T | null, expected: string): T[] => {
    const parts = (flags[name] ?? "").split(",").map((part) => part.trim());
    const given = parts.filter((part) => part !== "");
    if (given.length > MAX_ENTRIES)
      violations.push({ path: `--${name}`, message: `has ${given.length} entries, at most ${MAX_ENTRIES} are taken` });
    return given.slice(0, MAX_ENTRIES).flatMap((part) => {
      const value = parse(part);
      if (value === null) violations.push({ path: `--${name}`, message: `"${part}" is not ${expected}` });
      return value === null ? [] : [value];
    });
  };
  const options: RedirectOptions = {
    inboundPort: whole("inbound-port", defaults.inboundPort, 65_535),
    outboundPort: whole("outbound-port", defaults.outboundPort, 65_535),
    proxyUid: whole("proxy-uid", defaults.proxyUid, MAX_UID),
    skipInboundPorts: list("skip-inbound-ports", parsePorts, "a port or a range of ports such as 9000-9100"),
    skipOutboundPorts: list("skip-outbound-ports", parsePorts, "a port or a range of ports such as 9000-9100"),
    skipSubnets: list("skip-subnets", parseSubnet, "an address with its prefix length, such as 10.0.0.0/8 or fd00::/8"),
  };
  if (options.inboundPort === options.outboundPort && violations.length === 0) {
    violations.push({ path: "--inbound-port", message: "must not be --outbound-port: the proxy could not tell the directions apart" });
  }
  return { options: violations.length === 0 ? options : null, violations };
}

function parsePorts(text: string): PortRange | null {
  const match = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  return first >= 1 && last <= 65_535 && first <= last ? [first, last] : null;
}

function parseSubnet(text: string): Subnet | null {
  const [address = "", length = "", more] = text.split("/");
  const family = isIP(address);
  if (family === 0 || more !== undefined || address.includes("%") || !/^[0-9]{1,3}$/.test(length)) return null;
  return Number(length) > (family === 4 ? 32 : 128)
    ? null
    : { family: family as 4 | 6, cidr: `${address.toLowerCase()}/${Number(length)}` };
}

/** Whether a connection to there goes past the proxy by these options. */
export function isSkipped({ skipOutboundPorts, skipSubnets }: RedirectOptions, address: string, port: number): boolean {
  if (port === DNS_PORT || skipOutboundPorts.some(([first, last]) => port >= first && port <= last)) return true;
  const skipped = new BlockList();
  for (const { cidr, family } of skipSubnets) {
    const [network = "", length = "0"] = cidr.split("/");
    skipped.addSubnet(network, Number(length), family === 4 ? "ipv4" : "ipv6");
  }
  return skipped.check(address, isIP(address) === 4 ? "ipv4" : "ipv6");
}

/** Names must resolve before, and while, the proxy runs. */
export const DNS_PORT = 53;
