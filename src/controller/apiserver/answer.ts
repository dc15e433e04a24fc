import { stringify } from "yaml";
import { failureStatus } from "../failure-status.ts";
import type { HttpError } from "../http.ts";
import { listPieces } from "./list-pieces.ts";
import { booleanOf } from "./list-options.ts";
import type { Negotiated } from "./negotiate.ts";
import type { Outcome } from "./outcome.ts";
import { presentationOf } from "./presentation.ts";
import { presentObject } from "./present.ts";
import type { ResourceRequest } from "./request.ts";
import { type Reply, sendPieces, sendText } from "./send.ts";

/** Writes what a verb came to, in the form the client accepts. */
export function answerOutcome(reply: Reply, request: ResourceRequest, outcome: Outcome, wanted: Negotiated): void {
  const nowMs = reply.clock.nowMs();
  const pretty = booleanOf(request.query, "pretty");
  const type = `application/${wanted.format}`;
  switch (outcome.type) {
    case "status":
      return sendText(reply, 200, written(JSON.stringify(outcome.status), wanted, pretty), type);
    case "object": {
      const text = presentObject(request.kind, request.version, outcome.stored, presentationOf(request, wanted, nowMs));
      return sendText(reply, outcome.code, written(text, wanted, pretty), type, outcome.warnings);
    }
    case "list":
      return sendPieces(reply, listPieces(request, outcome, wanted, nowMs), type);
  }
}

/** A refusal as a Status. Where the answer has begun, all that is left is to cut it. */
export function answerError(reply: Reply, error: HttpError): void {
  const { response } = reply;
  if (response.headersSent) return void response.destroy();
  const retryAfter = (error.details as { retryAfterSeconds?: number } | undefined)?.retryAfterSeconds;
  if (retryAfter !== undefined) response.setHeader("Retry-After", String(retryAfter));
  sendText(reply, error.status, JSON.stringify(failureStatus(error)), "application/json");
}

/** Any JSON document of the API that is not an object of a kind. */
export function answerJson(reply: Reply, value: object, headers: Readonly<Record<string, string>> = {}): void {
  for (const [name, text] of Object.entries(headers)) reply.response.setHeader(name, text);
  sendText(reply, 200, JSON.stringify(value), "application/json");
}

function written(json: string, { format }: Negotiated, pretty: boolean): string {
  if (format === "yaml") return stringify(JSON.parse(json), { aliasDuplicateObjects: false });
  return pretty ? `${JSON.stringify(JSON.parse(json), null, 2)}\n` : json;
}
