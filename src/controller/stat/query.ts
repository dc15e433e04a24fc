import type { StatQuery } from "../../api/contract.ts";
import { HttpError } from "../http.ts";

const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const PEER = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const KNOWN: ReadonlySet<string> = new Set(["kind", "namespace", "name", "from", "to", "seconds"]);
const DEFAULT_SECONDS = 60;

/** Reads a stat query string; throws a 400 {@link HttpError} that names the parameter. */
export function parseStatQuery(query: URLSearchParams, maxSeconds: number): StatQuery {
  for (const name of query.keys()) if (!KNOWN.has(name)) throw bad(name, "is not a parameter of stat");
  const text = (name: string, pattern: RegExp): string | undefined => {
    const value = query.get(name);
    if (value === null || value === "") return undefined;
    if (!pattern.test(value)) throw bad(name, `is not valid: ${JSON.stringify(value.slice(0, 80))}`);
    return value;
  };
  const kind = text("kind", /^(service|workload|route)$/) ?? "service";
  const seconds = Number(text("seconds", /^[0-9]{1,6}$/) ?? DEFAULT_SECONDS);
  if (seconds < 1 || seconds > maxSeconds) throw bad("seconds", `must be from 1 to ${maxSeconds}: that is as far back as is remembered`);
  return {
    kind: kind as StatQuery["kind"],
    namespace: text("namespace", NAME),
    name: text("name", NAME),
    from: text("from", PEER),
    to: text("to", PEER),
    seconds,
  };
}

function bad(parameter: string, message: string): HttpError {
  return new HttpError(400, "BadRequest", `${parameter} ${message}`);
}
