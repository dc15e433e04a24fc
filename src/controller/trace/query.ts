import { MAX_TRACE_LIST, type TraceQuery } from "../../api/contract.ts";
import { HttpError } from "../http.ts";
import type { StoredSpan } from "./read-spans.ts";
import type { Trace } from "./trace-store.ts";
import { extent } from "./views.ts";

const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const QUALIFIED = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const NUMBER = /^[0-9]{1,9}$/;
const KNOWN: ReadonlySet<string> = new Set(["namespace", "service", "workload", "errors", "minDurationMs", "seconds", "limit"]);
const DEFAULT_LIMIT = 20;

/** Reads a query string of traces; throws a 400 {@link HttpError} that names the parameter. */
export function parseTraceQuery(query: URLSearchParams): TraceQuery & { readonly limit: number } {
  for (const name of query.keys()) if (!KNOWN.has(name)) throw bad(name, "is not a parameter of traces");
  const text = (name: string, pattern: RegExp): string | undefined => {
    const value = query.get(name);
    if (value === null || value === "") return undefined;
    if (!pattern.test(value)) throw bad(name, `is not valid: ${JSON.stringify(value.slice(0, 80))}`);
    return value;
  };
  const number = (name: string): number | undefined => {
    const value = text(name, NUMBER);
    return value === undefined ? undefined : Number(value);
  };
  const limit = number("limit") ?? DEFAULT_LIMIT;
  if (limit < 1 || limit > MAX_TRACE_LIST) throw bad("limit", `must be from 1 to ${MAX_TRACE_LIST}`);
  return {
    namespace: text("namespace", NAME),
    service: text("service", QUALIFIED),
    workload: text("workload", QUALIFIED),
    errors: text("errors", /^(true|false)$/) === "true",
    minDurationMs: number("minDurationMs"),
    seconds: number("seconds"),
    limit,
  };
}

/** Whether a trace is one of those asked for. */
export function matchesTrace({ spans, arrivedMs }: Trace, query: TraceQuery, nowMs: number): boolean {
  const { namespace, errors = false, minDurationMs = 0, seconds } = query;
  if (seconds !== undefined && arrivedMs < nowMs - seconds * 1_000) return false;
  if (errors && !spans.some(({ error }) => error)) return false;
  if (minDurationMs > 0) {
    const { startUs, endUs } = extent(spans);
    if (endUs - startUs < minDurationMs * 1_000) return false;
  }
  if (query.service !== undefined) {
    const wanted = qualified(query.service, namespace);
    if (!spans.some(({ service }) => serviceName(service) === wanted)) return false;
  }
  if (query.workload !== undefined) {
    const wanted = qualified(query.workload, namespace);
    if (!spans.some(({ source, destination }) => source === wanted || destination === wanted)) return false;
  }
  const named = query.service !== undefined || query.workload !== undefined;
  return namespace === undefined || named || spans.some((span) => isOf(namespace, span));
}

function isOf(namespace: string, { service, source, destination }: StoredSpan): boolean {
  const prefix = `${namespace}/`;
  return service.startsWith(prefix) || source.startsWith(prefix) || destination.startsWith(prefix);
}

function qualified(name: string, namespace = "default"): string {
  return name.includes("/") ? name : `${namespace}/${name}`;
}

/** `default/api:80` → `default/api`. */
function serviceName(service: string): string {
  const at = service.lastIndexOf(":");
  return at < 0 ? service : service.slice(0, at);
}

function bad(parameter: string, message: string): HttpError {
  return new HttpError(400, "BadRequest", `${parameter} ${message}`);
}
