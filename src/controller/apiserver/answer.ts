import type { ServerResponse } from "node:http";
import { stringify } from "yaml";
import { formatApiVersion } from "../../model/api-version.ts";
import { failureStatus } from "../failure-status.ts";
import type { HttpError } from "../http.ts";
import type { Negotiated } from "./negotiate.ts";
import type { Outcome } from "./outcome.ts";
import { partialOf } from "./partial.ts";
import { type Presentation, presentObject } from "./present.ts";
import type { ResourceRequest } from "./request.ts";
import { badRequest } from "./status.ts";
import { tableOf, type TableOptions } from "./table.ts";

/** Writes what a verb came to, in the form the client accepts. */
export function answerOutcome(
  response: ServerResponse,
  request: ResourceRequest,
  outcome: Outcome,
  wanted: Negotiated,
  nowMs: number,
): void {
  if (outcome.type === "status") return send(response, 200, JSON.stringify(outcome.status), wanted.format, []);
  if (outcome.type === "object") {
    const text = presentObject(request.kind, request.version, outcome.stored, presentationOf(request, wanted, nowMs));
    return send(response, outcome.code, text, wanted.format, outcome.warnings);
  }
  send(response, 200, listText(request, outcome, wanted, nowMs), wanted.format, []);
}

/** How each object of this request is shown. */
export function presentationOf(request: ResourceRequest, wanted: Negotiated, nowMs: number): Presentation {
  if (wanted.as === "Table") return { as: "Table", options: tableOptions(request, wanted, nowMs) };
  if (wanted.as === "object" || wanted.as === "APIGroupDiscoveryList") return { as: "object" };
  return { as: "PartialObjectMetadata", version: wanted.version };
}

function tableOptions({ query, version }: ResourceRequest, wanted: Negotiated, nowMs: number): TableOptions {
  const include = query.get("includeObject") || "Metadata";
  if (include !== "None" && include !== "Metadata" && include !== "Object")
    throw badRequest(`includeObject must be None, Metadata or Object, not "${include}"`);
  return { version: wanted.version, includeObject: include, nowMs, withColumns: true, objectVersion: version };
}

function listText(request: ResourceRequest, outcome: Extract<Outcome, { type: "list" }>, wanted: Negotiated, nowMs: number): string {
  const { kind, version } = request;
  const page = outcome.next === undefined ? {} : { continue: outcome.next.token, remainingItemCount: outcome.next.remaining };
  const metadata = { resourceVersion: String(outcome.revision), ...page };
  if (wanted.as === "Table")
    return JSON.stringify({ ...tableOf(kind, outcome.items, metadata.resourceVersion, tableOptions(request, wanted, nowMs)), metadata });
  if (wanted.as === "PartialObjectMetadata" || wanted.as === "PartialObjectMetadataList") {
    const items = outcome.items.map((stored) => partialOf(stored, wanted.version));
    return JSON.stringify({ kind: "PartialObjectMetadataList", apiVersion: `meta.k8s.io/${wanted.version}`, metadata, items });
  }
  const head = JSON.stringify({ kind: `${kind.kind}List`, apiVersion: formatApiVersion(kind.group, version), metadata });
  // The texts of the items exist already: parsing and printing them again would cost most of a list's time.
  return `${head.slice(0, -1)},"items":[${outcome.items.map((stored) => presentObject(kind, version, stored, { as: "object" })).join(",")}]}`;
}

/** A refusal as a Status. Where the answer has begun, all that is left is to cut it. */
export function answerError(response: ServerResponse, error: HttpError): void {
  if (response.headersSent) return void response.destroy();
  const retryAfter = (error.details as { retryAfterSeconds?: number } | undefined)?.retryAfterSeconds;
  if (retryAfter !== undefined) response.setHeader("Retry-After", String(retryAfter));
  send(response, error.status, JSON.stringify(failureStatus(error)), "json", []);
}

/** Any JSON document of the API that is not an object of a kind. */
export function answerJson(response: ServerResponse, value: object, headers: Readonly<Record<string, string>> = {}): void {
  for (const [name, text] of Object.entries(headers)) response.setHeader(name, text);
  send(response, 200, JSON.stringify(value), "json", []);
}

function send(response: ServerResponse, code: number, json: string, format: "json" | "yaml", warnings: readonly string[]): void {
  const text = format === "yaml" ? stringify(JSON.parse(json), { aliasDuplicateObjects: false }) : json;
  if (!response.hasHeader("Content-Type")) response.setHeader("Content-Type", `application/${format}`);
  response.setHeader("Cache-Control", "no-cache, private");
  if (warnings.length > 0) response.setHeader("Warning", warnings.map(warningHeader));
  response.writeHead(code, { "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}

/** RFC 9111 5.5 quoted text: what a header cannot carry is left out. */
function warningHeader(text: string): string {
  return `299 - "${text.replace(/[\\"]/g, "\\$&").replace(/[^\x20-\x7e]/g, "?")}"`;
}
