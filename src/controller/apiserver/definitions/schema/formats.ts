import { isIP, isIPv4, isIPv6 } from "node:net";

type Judge = (text: string) => boolean;

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
/** Go's durations, which Kubernetes takes here: `1h15m`, `-1.5s`, `300ms`. */
const DURATION = /^[-+]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/;
const HOSTNAME = /^(?=.{1,253}$)[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?)*\.?$/;
const EMAIL = /^[^\s@<>(),;:\\"[\]]+@[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*$/;
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const MAC = /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;
const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const JUDGES: ReadonlyMap<string, Judge> = new Map([
  ["date", (text) => DATE.test(text) && !Number.isNaN(Date.parse(text))],
  ["date-time", isDateTime],
  ["datetime", isDateTime],
  ["duration", (text) => DURATION.test(text)],
  ["hostname", (text) => HOSTNAME.test(text)],
  ["email", (text) => EMAIL.test(text)],
  ["uri", isUri],
  ["ipv4", isIPv4],
  ["ipv6", isIPv6],
  ["cidr", isCidr],
  ["mac", (text) => MAC.test(text)],
  ["uuid", (text) => UUID.test(text)],
  ["byte", (text) => BASE64.test(text)],
] satisfies [string, Judge][]);

/** Whether `text` has the OpenAPI `format`; formats nobody knows are met by everything, as on a cluster. */
export function hasFormat(format: string, text: string): boolean {
  return JUDGES.get(format)?.(text) ?? true;
}

function isDateTime(text: string): boolean {
  return DATE_TIME.test(text) && !Number.isNaN(Date.parse(text));
}

function isUri(text: string): boolean {
  return text.startsWith("/") || URL.canParse(text);
}

export function isCidr(text: string): boolean {
  const [address = "", bits = "", ...rest] = text.split("/");
  const family = isIP(address);
  return rest.length === 0 && family !== 0 && /^(0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}
