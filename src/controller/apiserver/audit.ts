import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../lib/clock.ts";
import type { KindRegistry } from "../../model/registry.ts";
import { REVIEW_KINDS } from "./access/review-kinds.ts";
import type { Subject } from "./access/subject.ts";
import type { Outcome } from "./outcome.ts";
import { parseResourcePath, type ResourcePlace } from "./request.ts";

/** Takes one line of JSON. Must not throw. */
export type AuditSink = (line: string) => void;

/** What is known of a write while it is decided. */
export interface AuditRecord {
  /** Who it counts as; not called where nobody known sent it. */
  known(subject: Subject): void;
  /** The name is in the URL, or in the answer to a creation. */
  decided(outcome: Outcome): void;
}

export interface AuditOptions {
  readonly sink: AuditSink;
  readonly kinds: KindRegistry;
  readonly clock: Clock;
  readonly uuid: () => string;
}

const VERBS: Readonly<Record<string, string>> = Object.freeze({ POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" });
/** Of a write that happened, though its client did not wait for the answer. */
const DONE = 200;
/** Of one that did not: the client left in the middle of its body. */
const CLIENT_LEFT = 499;
const MAX_URI = 1024;
const MAX_USER_AGENT = 256;

/**
 * Who wrote what, and what became of it: one `audit.k8s.io/v1 Event` of level Metadata for each request that could
 * have changed something, refused ones included. Routine is left out, as cluster policies leave it out: successful
 * writes of a status, and of Leases. Reviews change nothing and are left out too.
 */
export function startAudit(
  { sink, kinds, clock, uuid }: AuditOptions,
  request: IncomingMessage,
  response: ServerResponse,
): AuditRecord | null {
  const verb = VERBS[request.method ?? ""];
  if (verb === undefined) return null;
  const receivedMs = clock.nowMs();
  const auditId = uuid();
  const uri = request.url ?? "/";
  const resource = parseResourcePath(uri.split("?", 1)[0] as string, new URLSearchParams(), kinds);
  let name = resource?.name;
  let done = false;
  let subject: Subject | null = null;
  response.setHeader("Audit-Id", auditId);
  response.once("close", () => {
    if (resource !== null && REVIEW_KINDS.includes(resource.kind)) return;
    const code = response.headersSent ? response.statusCode : done ? DONE : CLIENT_LEFT;
    if (isRoutine(resource, code)) return;
    const entry = {
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level: "Metadata",
      auditID: auditId,
      stage: "ResponseComplete",
      requestURI: uri.slice(0, MAX_URI),
      verb: verb === "delete" && resource !== null && resource.name === undefined ? "deletecollection" : verb,
      ...(request.headers["impersonate-user"] === undefined ? { user: userOf(subject) } : { impersonatedUser: userOf(subject) }),
      sourceIPs: [request.socket.remoteAddress ?? ""],
      userAgent: (request.headers["user-agent"] ?? "").slice(0, MAX_USER_AGENT),
      ...(resource === null ? {} : { objectRef: objectRefOf(resource, name) }),
      responseStatus: { metadata: {}, code },
      requestReceivedTimestamp: new Date(receivedMs).toISOString(),
      stageTimestamp: new Date(clock.nowMs()).toISOString(),
    };
    sink(JSON.stringify(entry));
  });
  return {
    known(who) {
      subject = who;
    },
    decided(outcome) {
      done = true;
      if (outcome.type === "object") name ??= outcome.stored.object.metadata.name;
    },
  };
}

function isRoutine(resource: ResourcePlace | null, code: number): boolean {
  if (code !== 200 || resource === null) return false;
  return resource.subresource === "status" || (resource.kind.group === "coordination.k8s.io" && resource.kind.plural === "leases");
}

function objectRefOf({ kind, version, namespace, subresource }: ResourcePlace, name: string | undefined): object {
  return {
    resource: kind.plural,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(kind.group === "" ? {} : { apiGroup: kind.group }),
    apiVersion: version,
    ...(subresource === undefined ? {} : { subresource }),
  };
}

function userOf(subject: Subject | null): object {
  return subject === null ? { username: "system:anonymous" } : { username: subject.username, groups: subject.groups };
}
