import type { TapFilter } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import { MatchKind } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import { compileRegex } from "../../match/regex.ts";
import type { ExchangeRecord } from "../contract.ts";
import { isSensitive } from "./redact.ts";

/** One condition of a tap; all must hold. */
type Condition = (record: ExchangeRecord) => boolean;

/** Compiled once per session. Empty fields ask nothing. Throws with a reason for what it does not understand. */
export function compileTapFilter(filter: TapFilter | undefined): (record: ExchangeRecord) => boolean {
  const conditions = filter === undefined ? [] : conditionsOf(filter);
  return (record) => {
    for (const holds of conditions) if (!holds(record)) return false;
    return true;
  };
}

function conditionsOf(filter: TapFilter): readonly Condition[] {
  const { method, pathPrefix, authority, status, fromWorkload, toWorkload, toService, direction, reason, headers } = filter;
  const conditions: Condition[] = [];
  if (direction !== "") conditions.push((record) => record.direction === direction);
  if (method !== "") conditions.push((record) => record.method === method);
  if (pathPrefix !== "") conditions.push((record) => record.path.startsWith(pathPrefix));
  if (authority !== "") conditions.push((record) => record.authority.toLowerCase() === authority.toLowerCase());
  if (status !== "") conditions.push(statusCondition(status));
  if (fromWorkload !== "") conditions.push((record) => record.source === fromWorkload);
  if (toWorkload !== "") conditions.push((record) => record.destination === toWorkload);
  if (toService !== "") conditions.push(serviceCondition(filter));
  if (reason !== "") conditions.push((record) => record.reason === reason);
  for (const { name, match } of headers) conditions.push(headerCondition(name, match?.kind ?? MatchKind.EXACT, match?.value ?? ""));
  return conditions;
}

/** Requests name the Service they were sent to; which version of it they came to, only the workload tells. */
function serviceCondition({ toService, baseService, versionWorkloads }: TapFilter): Condition {
  const own = `${toService}:`;
  if (baseService === "") return (record) => record.service.startsWith(own);
  const base = `${baseService}:`;
  const workloads = new Set(versionWorkloads);
  return ({ service, destination }) => service.startsWith(own) || (service.startsWith(base) && workloads.has(destination));
}

function statusCondition(status: string): Condition {
  const shape = /^([1-5])(xx|[0-9]{2})$/.exec(status);
  if (shape === null) throw new Error(`tap status '${status}' is neither a code nor a class such as 5xx`);
  const hundreds = Number(shape[1]);
  if (shape[2] === "xx") return (record) => Math.floor(record.status / 100) === hundreds;
  const code = Number(status);
  return (record) => record.status === code;
}

/** A redacted header never matches: a filter would otherwise spell its value out, guess by guess. */
function headerCondition(name: string, kind: MatchKind, value: string): Condition {
  if (isSensitive(name)) return () => false;
  const fits = valueTest(kind, value);
  return ({ requestHeaders }) => {
    for (let index = 0; index + 1 < requestHeaders.length; index += 2) {
      if ((requestHeaders[index] as string).toLowerCase() === name && fits(requestHeaders[index + 1] as string)) return true;
    }
    return false;
  };
}

function valueTest(kind: MatchKind, value: string): (text: string) => boolean {
  if (kind === MatchKind.PREFIX) return (text) => text.startsWith(value);
  if (kind === MatchKind.REGEX) {
    const regex = compileRegex(value);
    return (text) => regex.testExact(text);
  }
  return (text) => text === value;
}
