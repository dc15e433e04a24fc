import type { ApiContext } from "../context.ts";
import { formatContinueToken } from "../continue-token.ts";
import { type ListOptions, parseListOptions, parseResourceVersion } from "../list-options.ts";
import type { Outcome } from "../outcome.ts";
import { bucketOf, type ResourceRequest, storeKey } from "../request.ts";
import { selectorOf } from "../selectors.ts";
import { expired, notFound, tooLargeResourceVersion } from "../status.ts";
import type { Stored } from "../store/contract.ts";
import { keyOfStored, listAt } from "../store/list-at.ts";

/** GET of one object. */
export function getVerb(api: ApiContext, { kind, namespace, name = "", query }: ResourceRequest): Outcome {
  requirePast(api, parseResourceVersion(query.get("resourceVersion") ?? ""));
  const stored = api.store.get(bucketOf(kind), storeKey(namespace, name));
  if (stored === undefined) throw notFound(kind, name);
  return { type: "object", code: 200, stored, warnings: [] };
}

/**
 * GET of a collection, in pages when `limit` says so. Every page shows the state of the first; when that is
 * forgotten the answer is 410 with a token that goes on in the present one.
 */
export function listVerb(api: ApiContext, { kind, namespace, query }: ResourceRequest): Outcome {
  const wanted = selectorOf(kind, query);
  const options = parseListOptions(query, false);
  requirePast(api, options.resourceVersion);
  const bucket = bucketOf(kind);
  const prefix = namespace === undefined ? "" : `${namespace}/`;
  const { revision, items: all } = stateOf(api, bucket, prefix, options);
  const { from, limit } = options;
  let items = all.filter(({ object }) => wanted(object));
  if (from !== null) items = items.filter((stored) => keyOfStored(stored) > from.after);
  if (limit === 0 || items.length <= limit) return { type: "list", items, revision };
  const page = items.slice(0, limit);
  const token = formatContinueToken({ revision, after: keyOfStored(page.at(-1) as Stored) });
  // As in Kubernetes: who selects is not told how much there is.
  const selects = Boolean(query.get("labelSelector") || query.get("fieldSelector"));
  return { type: "list", items: page, revision, next: { token, remaining: selects ? undefined : items.length - limit } };
}

/** A single store is never behind: waiting would not help who asks for what has not happened. */
function requirePast({ store }: ApiContext, resourceVersion: number | null): void {
  if (resourceVersion !== null && resourceVersion > store.revision) throw tooLargeResourceVersion(resourceVersion, store.revision);
}

function stateOf(
  { store }: ApiContext,
  bucket: string,
  prefix: string,
  { from, resourceVersion, match, limit }: ListOptions,
): { readonly revision: number; readonly items: readonly Stored[] } {
  if (from?.revision != null) {
    const items = from.revision > store.revision ? null : listAt(store, bucket, prefix, from.revision);
    if (items !== null) return { revision: from.revision, items };
    throw expired(
      "The provided continue parameter is too old to display a consistent list result. Start a new list without it, " +
        "or go on with the continue token of this answer: what was made, changed or deleted since the first page may then be shown or missing.",
      { continue: formatContinueToken({ revision: null, after: from.after }) },
    );
  }
  // Pages from a state that is named show that state, also where nothing is said about it.
  const exact = match === "Exact" || (match === null && from === null && limit > 0);
  if (!exact || !resourceVersion) return { revision: store.revision, items: store.list(bucket, prefix) };
  const items = listAt(store, bucket, prefix, resourceVersion);
  if (items === null) throw expired("The resourceVersion for the provided list is too old.");
  return { revision: resourceVersion, items };
}
