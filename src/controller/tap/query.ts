import type { TapQuery } from "../../api/contract.ts";
import { HttpError } from "../http.ts";
import type { VersionService } from "./version-service.ts";
import { MatchKind, type TapFilter } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";

const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const STATUS = /^([1-5]\d\d|[1-5]xx)$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Reads a tap query string; throws a 400 {@link HttpError} that names the parameter. */
export function parseTapQuery(query: URLSearchParams): TapQuery {
  const known = new Set("namespace service workload method path authority status from to direction reason header maxPerSecond".split(" "));
  for (const name of query.keys()) if (!known.has(name)) throw bad(name, "is not a parameter of tap");
  const text = (name: string, pattern?: RegExp): string | undefined => {
    const value = query.get(name);
    if (value === null || value === "") return undefined;
    if (value.length > 1024 || (pattern !== undefined && !pattern.test(value)))
      throw bad(name, `is not valid: ${JSON.stringify(value.slice(0, 80))}`);
    return value;
  };
  const service = text("service", NAME);
  const workload = text("workload", NAME);
  if ((service === undefined) === (workload === undefined)) throw bad("service", "or workload must be given, and not both");
  const direction = text("direction", /^(inbound|outbound)$/) as "inbound" | "outbound" | undefined;
  const maxPerSecond = Number(text("maxPerSecond") ?? 100);
  if (!Number.isInteger(maxPerSecond) || maxPerSecond < 1 || maxPerSecond > 10_000)
    throw bad("maxPerSecond", "must be an integer from 1 to 10000");
  const header = query.getAll("header");
  if (header.length > 16) throw bad("header", "may be given 16 times at most");
  for (const line of header) {
    const colon = line.indexOf(":");
    if (colon <= 0 || !TOKEN.test(line.slice(0, colon)))
      throw bad("header", `must be name:value, not ${JSON.stringify(line.slice(0, 80))}`);
  }
  return {
    namespace: text("namespace", NAME) ?? "default",
    service,
    workload,
    method: text("method", TOKEN)?.toUpperCase(),
    path: text("path"),
    authority: text("authority"),
    status: text("status", STATUS),
    from: text("from"),
    to: text("to"),
    direction,
    reason: text("reason", /^[a-z0-9-]+$/),
    header,
    maxPerSecond,
  };
}

/** The filter as proxies evaluate it; names without a namespace are of the query's. `version`: what its Service is of another. */
export function filterOf(query: TapQuery, version: VersionService | null): TapFilter {
  const qualified = (name: string | undefined) => (name === undefined ? "" : name.includes("/") ? name : `${query.namespace}/${name}`);
  return {
    method: query.method ?? "",
    pathPrefix: query.path ?? "",
    authority: query.authority ?? "",
    status: query.status ?? "",
    fromWorkload: qualified(query.from),
    toWorkload: qualified(query.to),
    toService: qualified(query.service),
    baseService: qualified(version?.base),
    versionWorkloads: (version?.workloads ?? []).map(({ spec, metadata }) => qualified(spec?.workload ?? metadata.name)),
    direction: query.direction ?? "",
    reason: query.reason ?? "",
    headers: (query.header ?? []).map((line) => {
      const colon = line.indexOf(":");
      return {
        name: line.slice(0, colon).toLowerCase(),
        match: { kind: MatchKind.EXACT, value: line.slice(colon + 1).trim() },
      };
    }),
  };
}

function bad(parameter: string, message: string): HttpError {
  return new HttpError(400, "BadRequest", `${parameter} ${message}`);
}
