import { dryRunOf } from "../admission.ts";
import { type ApiContext, timestamp } from "../context.ts";
import { deleteObject } from "../lifecycle.ts";
import { isPlainObject } from "../merge-patch.ts";
import type { Outcome } from "../outcome.ts";
import { bucketOf, type ResourceRequest, storeKey } from "../request.ts";
import { selectorOf } from "../selectors.ts";
import { badRequest, conflict, notFound, successStatus } from "../status.ts";
import type { Stored } from "../store/contract.ts";

interface DeleteOptions {
  readonly dryRun?: unknown;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string };
}

/** DELETE of one object. Grace periods and propagation policies are taken and mean nothing here: there is nothing to wait for. */
export async function deleteVerb(api: ApiContext, request: ResourceRequest, body: unknown): Promise<Outcome> {
  const { kind, namespace, name = "", query } = request;
  const options = parseOptions(body);
  const { uid, resourceVersion } = options.preconditions;
  const gone = await api.store.write(
    (transaction) => {
      const stored = transaction.get(bucketOf(kind), storeKey(namespace, name));
      if (stored === undefined) throw notFound(kind, name);
      const { metadata } = stored.object;
      if (uid !== undefined && uid !== metadata.uid) {
        throw conflict(kind, name, `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid})`);
      }
      if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
        throw conflict(
          kind,
          name,
          `the ResourceVersion in the precondition (${resourceVersion}) does not match the one in record (${metadata.resourceVersion})`,
        );
      }
      return deleteObject(transaction, bucketOf(kind), stored, timestamp(api.clock));
    },
    { dryRun: dryRunOf(query, options) },
  );
  // What waits for finalizers is still there: the client is shown it.
  if (gone.object.metadata.deletionTimestamp !== undefined && api.store.get(bucketOf(kind), storeKey(namespace, name)) !== undefined) {
    return { type: "object", code: 200, stored: gone, warnings: [] };
  }
  return { type: "status", status: successStatus({ name, group: kind.group, kind: kind.plural, uid: gone.object.metadata.uid }) };
}

/** DELETE of a collection: everything the selectors want, in one write. */
export async function deleteCollectionVerb(api: ApiContext, request: ResourceRequest, body: unknown): Promise<Outcome> {
  const { kind, namespace, query } = request;
  if (kind.namespaced && namespace === undefined) throw badRequest("a namespace is needed to delete a collection");
  const wanted = selectorOf(kind, query);
  const options = parseOptions(body);
  const items = await api.store.write(
    (transaction) => {
      const all = transaction.list(bucketOf(kind), namespace === undefined ? "" : `${namespace}/`).filter(({ object }) => wanted(object));
      return all.map((stored): Stored => deleteObject(transaction, bucketOf(kind), stored, timestamp(api.clock)));
    },
    { dryRun: dryRunOf(query, options) },
  );
  return { type: "list", items, revision: api.store.revision };
}

function parseOptions(body: unknown): DeleteOptions {
  if (body === undefined) return { preconditions: {} };
  if (!isPlainObject(body)) throw badRequest("DeleteOptions must be an object");
  if (body.kind !== undefined && body.kind !== "DeleteOptions")
    throw badRequest(`the body of a deletion must be DeleteOptions, not ${String(body.kind)}`);
  const preconditions = isPlainObject(body.preconditions) ? body.preconditions : {};
  const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
  return { dryRun: body.dryRun, preconditions: { uid: text(preconditions.uid), resourceVersion: text(preconditions.resourceVersion) } };
}
