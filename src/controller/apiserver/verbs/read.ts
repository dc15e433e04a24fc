import type { ApiContext } from "../context.ts";
import type { Outcome } from "../outcome.ts";
import { bucketOf, type ResourceRequest, storeKey } from "../request.ts";
import { selectorOf } from "../selectors.ts";
import { badRequest, expired, notFound } from "../status.ts";

/** GET of one object. */
export function getVerb(api: ApiContext, { kind, namespace, name = "" }: ResourceRequest): Outcome {
  const stored = api.store.get(bucketOf(kind), storeKey(namespace, name));
  if (stored === undefined) throw notFound(kind, name);
  return { type: "object", code: 200, stored, warnings: [] };
}

/**
 * GET of a collection, in pages when `limit` says so. Pages show the state at their own time under the
 * resourceVersion of the first, so a watch from there repeats what changed between them and nothing is missed.
 */
export function listVerb(api: ApiContext, { kind, namespace, query }: ResourceRequest): Outcome {
  const wanted = selectorOf(kind, query);
  const limit = Number(query.get("limit") ?? 0);
  if (!Number.isSafeInteger(limit) || limit < 0) throw badRequest("limit must be a whole number, 0 or more");
  const bucket = bucketOf(kind);
  const from = parseToken(query.get("continue") ?? "");
  const revision = from?.revision ?? api.store.revision;
  if (from !== null && api.store.since(bucket, revision) === null) {
    throw expired("The provided continue parameter is too old to display a consistent list result. Start a new list without it.");
  }
  let items = api.store.list(bucket, namespace === undefined ? "" : `${namespace}/`).filter(({ object }) => wanted(object));
  if (from !== null) items = items.filter(({ object }) => storeKey(object.metadata.namespace, object.metadata.name) > from.after);
  if (limit === 0 || items.length <= limit) return { type: "list", items, revision };
  const page = items.slice(0, limit);
  const last = page.at(-1)?.object.metadata;
  const token = Buffer.from(JSON.stringify({ revision, after: storeKey(last?.namespace, last?.name ?? "") })).toString("base64url");
  return { type: "list", items: page, revision, next: { token, remaining: items.length - limit } };
}

function parseToken(text: string): { readonly revision: number; readonly after: string } | null {
  if (text === "") return null;
  try {
    const { revision, after } = JSON.parse(Buffer.from(text, "base64url").toString()) as { revision: unknown; after: unknown };
    if (Number.isSafeInteger(revision) && typeof after === "string") return { revision: revision as number, after };
  } catch {
    // Said below.
  }
  throw badRequest("continue is not a token of this server");
}
