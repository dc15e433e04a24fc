import { type ApiContext, timestamp } from "../context.ts";
import { parseDeleteOptions } from "../delete-options.ts";
import { deleteObject } from "../lifecycle.ts";
import type { Outcome } from "../outcome.ts";
import { bucketOf, type ResourceRequest, storeKey } from "../request.ts";
import { selectorOf } from "../selectors.ts";
import { conflict, notFound, successStatus } from "../status.ts";
import { keyOfStored } from "../store/list-at.ts";

/** DELETE of one object. */
export async function deleteVerb(api: ApiContext, request: ResourceRequest, body: unknown): Promise<Outcome> {
  const { kind, namespace, name = "", query } = request;
  const { dryRun, propagation, preconditions } = parseDeleteOptions(body, query);
  const { uid, resourceVersion } = preconditions;
  const { stored, gone } = await api.store.write(
    (transaction) => {
      const present = transaction.get(bucketOf(kind), storeKey(namespace, name));
      if (present === undefined) throw notFound(kind, name);
      const { metadata } = present.object;
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
      return deleteObject(transaction, bucketOf(kind), present, timestamp(api.clock), propagation);
    },
    { dryRun },
  );
  // What waits for finalizers is still there: the client is shown it.
  if (!gone) return { type: "object", code: 200, stored, warnings: [] };
  return { type: "status", status: successStatus({ name, group: kind.group, kind: kind.plural, uid: stored.object.metadata.uid }) };
}

/** DELETE of a collection: everything the selectors want, in one write. */
export async function deleteCollectionVerb(api: ApiContext, request: ResourceRequest, body: unknown): Promise<Outcome> {
  const { kind, namespace, query } = request;
  const wanted = selectorOf(kind, query);
  const { dryRun, propagation } = parseDeleteOptions(body, query);
  const bucket = bucketOf(kind);
  const items = await api.store.write(
    (transaction) => {
      const all = transaction.list(bucket, namespace === undefined ? "" : `${namespace}/`).filter(({ object }) => wanted(object));
      return all.map((stored) => {
        // One that goes with another of them is gone when its turn comes.
        const present = transaction.get(bucket, keyOfStored(stored));
        return present === undefined ? stored : deleteObject(transaction, bucket, present, timestamp(api.clock), propagation).stored;
      });
    },
    { dryRun },
  );
  return { type: "list", items, revision: api.store.revision };
}
