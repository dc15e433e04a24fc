import { isIP } from "node:net";
import type { PodSettings } from "./values.ts";

/** One setting as text: a flag of the command line and an annotation of a pod read it in the same way. */
export interface InjectOption<K extends keyof PodSettings = keyof PodSettings> {
  readonly field: K;
  /** `meshctl.dev/NAME` and `--NAME`. */
  readonly name: string;
  readonly placeholder: string;
  readonly description: string;
  readonly choices?: readonly string[];
  /** The value, or what is wrong with the text. */
  parse(text: string): Parsed<PodSettings[K]>;
}

type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly expected: string };

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error"] as const;
/** The proxy takes no more (docs/local.md). */
const MAX_CONCURRENCY = 64;
const MAX_DRAIN_SECONDS = 3600;
/** As many as one nftables rule holds without a second look. */
const MAX_LIST = 64;

export const INJECT_OPTIONS: readonly InjectOption[] = Object.freeze([
  option("revision", "revision", "name", "control plane that the pod belongs to", parseLabel),
  option("image", "image", "image", "container image of the proxy and of meshctl-init", parseImage),
  choice(
    "nativeSidecar",
    "native-sidecar",
    "true as a sidecar that Kubernetes starts first and ends last (1.29 on); false as a container",
    {
      true: true,
      false: false,
    },
  ),
  choice("logLevel", "log-level", "how much the proxy logs", Object.fromEntries(LOG_LEVELS.map((level) => [level, level]))),
  option("concurrency", "concurrency", "n", "processes of the proxy", (text) => parseWhole(text, 1, MAX_CONCURRENCY)),
  option("drainSeconds", "drain", "duration", "how long a pod that ends waits for its calls: 30s, 2m", parseDrain),
  option("cpuRequest", "proxy-cpu-request", "quantity", "CPU asked for the proxy", parseQuantity),
  option("memoryRequest", "proxy-memory-request", "quantity", "memory asked for the proxy", parseQuantity),
  option("cpuLimit", "proxy-cpu-limit", "quantity", "CPU the proxy may use at most", parseQuantity),
  option("memoryLimit", "proxy-memory-limit", "quantity", "memory the proxy may use at most", parseQuantity),
  option("skipInboundPorts", "skip-inbound-ports", "ports", "ports of the pod that are reached past the proxy: 22,9000-9100", parsePorts),
  option("skipOutboundPorts", "skip-outbound-ports", "ports", "ports elsewhere that the pod reaches past the proxy", parsePorts),
  option("skipSubnets", "skip-subnets", "cidrs", "addresses that the pod reaches past the proxy: 10.1.0.0/16,fd00::/8", parseSubnets),
  option(
    "opaquePorts",
    "opaque-ports",
    "ports",
    "ports whose bytes the proxy does not look into (carried in the pod, not acted on yet)",
    parsePorts,
  ),
]);

function option<K extends keyof PodSettings>(
  field: K,
  name: string,
  placeholder: string,
  description: string,
  parse: (text: string) => Parsed<PodSettings[K]>,
): InjectOption {
  return Object.freeze({ field, name, placeholder, description, parse }) as unknown as InjectOption;
}

function choice<K extends keyof PodSettings>(
  field: K,
  name: string,
  description: string,
  values: Readonly<Record<string, PodSettings[K]>>,
): InjectOption {
  const choices = Object.keys(values);
  const parse = (text: string): Parsed<PodSettings[K]> =>
    Object.hasOwn(values, text) ? good(values[text] as PodSettings[K]) : bad(`one of ${choices.join(", ")}`);
  return Object.freeze({ field, name, placeholder: choices.join("|"), description, choices, parse }) as unknown as InjectOption;
}

function good<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

function bad<T>(expected: string): Parsed<T> {
  return { ok: false, expected };
}

/** A label's value (Kubernetes), not empty: it stands in one. */
function parseLabel(text: string): Parsed<string> {
  return /^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/.test(text) ? good(text) : bad("small letters, digits and dashes, at most 42");
}

function parseImage(text: string): Parsed<string> {
  return /^[a-zA-Z0-9][a-zA-Z0-9._:@/-]{0,511}$/.test(text)
    ? good(text)
    : bad("the name of a container image, such as example.org/mesh:1.2");
}

function parseWhole(text: string, least: number, most: number): Parsed<number> {
  const value = /^[0-9]{1,6}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? good(value) : bad(`a whole number from ${least} to ${most}`);
}

function parseDrain(text: string): Parsed<number> {
  const match = /^([0-9]{1,4})(s|m)$/.exec(text);
  const seconds = Number(match?.[1]) * (match?.[2] === "m" ? 60 : 1);
  return seconds >= 1 && seconds <= MAX_DRAIN_SECONDS ? good(seconds) : bad("a time such as 30s or 2m, from 1s to 60m");
}

/** Kubernetes quantity, positive, in the forms people write for CPU and memory. */
function parseQuantity(text: string): Parsed<string> {
  const match = /^([0-9]{1,10})(\.[0-9]{1,3})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(text);
  return match !== null && Number(`${match[1]}${match[2] ?? ""}`) > 0 ? good(text) : bad("a quantity such as 100m, 0.5 or 128Mi");
}

function parsePorts(text: string): Parsed<readonly string[]> {
  const expected = `ports from 1 to 65535 or ranges of them (9000-9100), separated by commas, at most ${MAX_LIST}`;
  const parts = splitList(text);
  if (parts.length > MAX_LIST) return bad(expected);
  for (const part of parts) {
    const match = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(part);
    const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (!(from >= 1 && to <= 65_535 && from <= to)) return bad(expected);
  }
  return good(parts);
}

function parseSubnets(text: string): Parsed<readonly string[]> {
  const expected = `addresses with a prefix length (10.1.0.0/16, fd00::/8), separated by commas, at most ${MAX_LIST}`;
  const parts = splitList(text);
  if (parts.length > MAX_LIST || !parts.every(isCidr)) return bad(expected);
  return good(parts);
}

function isCidr(text: string): boolean {
  const match = /^([0-9a-fA-F.:]+)\/([0-9]{1,3})$/.exec(text);
  const family = isIP(match?.[1] ?? "");
  return family !== 0 && Number(match?.[2]) <= (family === 4 ? 32 : 128);
}

/** `a, b` → its parts; empty text is an empty list: it takes a default away. */
function splitList(text: string): string[] {
  return text.trim() === "" ? [] : text.split(",").map((part) => part.trim());
}
