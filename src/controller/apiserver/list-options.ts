import type { Violation } from "../../lib/errors.ts";
import { parseContinueToken, type ContinueToken } from "./continue-token.ts";
import { badRequest, invalidOptions } from "./status.ts";

/** Query of a list or watch (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions), judged. */
export interface ListOptions {
  /** 0: no limit. */
  readonly limit: number;
  readonly from: ContinueToken | null;
  /** 0 means any; null the newest. */
  readonly resourceVersion: number | null;
  readonly match: "Exact" | "NotOlderThan" | null;
  /** null: not asked. */
  readonly sendInitialEvents: boolean | null;
  readonly bookmarks: boolean;
  /** 0: as the server likes. */
  readonly timeoutSeconds: number;
}

/** Throws 400 for what cannot be read and 422 for what does not go together. */
export function parseListOptions(query: URLSearchParams, watch: boolean): ListOptions {
  const text = (name: string): string => query.get(name) ?? "";
  const match = text("resourceVersionMatch");
  const resourceVersion = text("resourceVersion");
  const violations = (watch ? watchViolations : listViolations)(query, match, resourceVersion);
  if (violations.length > 0) throw invalidOptions("ListOptions", violations);
  const token = text("continue");
  if (token !== "" && resourceVersion !== "" && resourceVersion !== "0") {
    throw badRequest("specifying resource version is not allowed when using continue");
  }
  return {
    limit: integerOf(query, "limit"),
    from: token === "" || watch ? null : parseContinueToken(token),
    resourceVersion: parseResourceVersion(resourceVersion),
    match: match === "" ? null : (match as "Exact" | "NotOlderThan"),
    sendInitialEvents: query.has("sendInitialEvents") ? booleanOf(query, "sendInitialEvents") : null,
    bookmarks: booleanOf(query, "allowWatchBookmarks"),
    timeoutSeconds: integerOf(query, "timeoutSeconds"),
  };
}

/** null for the empty text. Throws 400 when it is none of ours. */
export function parseResourceVersion(text: string): number | null {
  if (text === "") return null;
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`invalid resource version: "${text}" is not a number of this server`);
  return Number(text);
}

/** As the query decoders of API servers have it: present without a value is true, and only `0` and `false` are false. */
export function booleanOf(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== "0" && value.toLowerCase() !== "false";
}

function integerOf(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? "";
  if (text === "") return 0;
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`${name}: "${text}" is not a whole number, 0 or more`);
  return Number(text);
}

const FORBIDDEN_WITH_CONTINUE = "Forbidden: resourceVersionMatch is forbidden when continue is provided";

function listViolations(query: URLSearchParams, match: string, resourceVersion: string): Violation[] {
  const found: Violation[] = [];
  if (match !== "") {
    const path = "resourceVersionMatch";
    if (resourceVersion === "")
      found.push({ path, message: "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided" });
    if (query.get("continue")) found.push({ path, message: FORBIDDEN_WITH_CONTINUE });
    if (match !== "Exact" && match !== "NotOlderThan")
      found.push({ path, message: `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""` });
    if (match === "Exact" && resourceVersion === "0")
      found.push({ path, message: 'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"' });
  }
  if (query.has("sendInitialEvents"))
    found.push({ path: "sendInitialEvents", message: "Forbidden: sendInitialEvents is forbidden for list" });
  return found;
}

function watchViolations(query: URLSearchParams, match: string): Violation[] {
  const found: Violation[] = [];
  const path = "resourceVersionMatch";
  const initial = query.has("sendInitialEvents");
  if (initial && match !== "NotOlderThan")
    found.push({ path, message: "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan" });
  if (match !== "") {
    if (!initial)
      found.push({ path, message: "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided" });
    if (match !== "NotOlderThan") found.push({ path, message: `Unsupported value: "${match}": supported values: "NotOlderThan"` });
    if (query.get("continue")) found.push({ path, message: FORBIDDEN_WITH_CONTINUE });
  }
  return found;
}
