import { isDeepStrictEqual } from "node:util";
import type { KindDescriptor } from "../../../model/kind.ts";
import { namespaceKind, namespaceLabels } from "../../../model/kinds/namespace.ts";
import type { KubeObject } from "../../../model/object.ts";
import { admit, dryRunOf, type FieldValidation, fieldValidationOf, objectOfBody, ownMetadata, storedApiVersion } from "../admission.ts";
import type { ApiContext } from "../context.ts";
import { managedAfterUpdate, sameOwners } from "../fields/tracking.ts";
import { finishDeletion } from "../lifecycle.ts";
import type { Outcome } from "../outcome.ts";
import { bucketOf, isCustom, type ResourceRequest, storeKey } from "../request.ts";
import { conflict, invalid, notFound } from "../status.ts";
import type { Stored, Transaction } from "../store/contract.ts";

/** PUT of an object or its status. */
export async function updateVerb(api: ApiContext, request: ResourceRequest, body: unknown): Promise<Outcome> {
  const { kind, namespace, name = "", query } = request;
  const given = objectOfBody(body, request);
  // As for custom resources on a cluster: whoever replaces says what he has seen.
  if (!given.metadata.resourceVersion && isCustom(kind)) {
    throw invalid(kind, name, [{ path: "metadata.resourceVersion", message: "must be specified for an update" }], false);
  }
  const fieldValidation = fieldValidationOf(query);
  let warnings: readonly string[] = [];
  const stored = await api.store.write(
    (transaction) => {
      const current = transaction.get(bucketOf(kind), storeKey(namespace, name));
      if (current === undefined) throw notFound(kind, name);
      const replaced = replaceObject(transaction, request, current, given, fieldValidation);
      warnings = replaced.warnings;
      return replaced.stored;
    },
    { dryRun: dryRunOf(query) },
  );
  return { type: "object", code: 200, stored, warnings };
}

/**
 * Puts `next` in the place of `current`, which must be what the writer has seen. What is not the
 * writer's stays: identity, generation, and the status (or, for the status subresource, all but it).
 * A write that changes nothing makes no new state.
 */
export function replaceObject(
  transaction: Transaction,
  request: ResourceRequest,
  current: Stored,
  next: KubeObject,
  fieldValidation: FieldValidation,
  managedFields: ManagedFields = managedByUpdate,
): { readonly stored: Stored; readonly warnings: readonly string[] } {
  const { kind, subresource } = request;
  const old = { ...(kind.readAs?.(current.object) ?? current.object), apiVersion: storedApiVersion(kind) };
  const { name, namespace } = old.metadata;
  const { resourceVersion, uid } = next.metadata;
  if (uid && uid !== old.metadata.uid)
    throw conflict(
      kind,
      name,
      `the UID in the precondition (${uid}) does not match the UID in record (${old.metadata.uid}): the object may have been deleted and made again`,
    );
  if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(kind, name, "the object has been modified; please apply your changes to the latest version and try again");
  }
  requireNoNewFinalizers(kind, old, next);
  const forStatus = subresource === "status";
  const { object: admitted, warnings } = admit(kind, forStatus ? { ...old, status: next.status } : next, fieldValidation, old);
  const merged = forStatus ? { ...old, status: admitted.status } : withServerFields(kind, old, admitted);
  if (merged.status === undefined) delete merged.status;
  const tracked = withManagedFields(merged, managedFields(request, old, merged, next.metadata.managedFields));
  if (changesNothing(tracked, current.object)) return { stored: current, warnings };
  const bucket = bucketOf(kind);
  const written = transaction.put(bucket, storeKey(namespace, name), tracked);
  return { stored: finishDeletion(transaction, bucket, written), warnings };
}

/** What is on its way out may be held longer by nobody. */
function requireNoNewFinalizers(kind: KindDescriptor, { metadata: old }: KubeObject, { metadata }: KubeObject): void {
  if (old.deletionTimestamp === undefined || !Array.isArray(metadata.finalizers)) return;
  const added = metadata.finalizers.filter((finalizer) => !old.finalizers?.includes(finalizer));
  if (added.length === 0) return;
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`;
  throw invalid(kind, old.name, [{ path: "metadata.finalizers", message }], false);
}

/** managedFields of the object that takes the place of `old` (null: of a new one); `given` are those its writer sent. */
export type ManagedFields = (request: ResourceRequest, old: KubeObject | null, next: KubeObject, given: unknown) => object[] | undefined;

/** For every write but an apply. */
export const managedByUpdate: ManagedFields = ({ kind, writer }, old, next, given) => managedAfterUpdate(kind, writer, old, next, given);

export function withManagedFields(object: KubeObject, managedFields: object[] | undefined): KubeObject {
  const { managedFields: _before, ...metadata } = object.metadata;
  return { ...object, metadata: managedFields === undefined ? metadata : { ...metadata, managedFields } };
}

/** When somebody last wrote his fields is no change by itself. */
function changesNothing(next: KubeObject, current: KubeObject): boolean {
  return (
    isDeepStrictEqual(withManagedFields(next, undefined), withManagedFields(current, undefined)) &&
    sameOwners(next.metadata.managedFields, current.metadata.managedFields)
  );
}

function withServerFields(kind: KindDescriptor, old: KubeObject, given: KubeObject): KubeObject {
  const {
    uid,
    generation = 1,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    resourceVersion,
    name,
    namespace,
  } = old.metadata;
  const { metadata: _metadata, status: _status, ...rest } = given;
  const { metadata: _oldMetadata, status: oldStatus, ...oldRest } = old;
  const changed = !isDeepStrictEqual(rest, oldRest);
  const status = kind.status ? oldStatus : given.status;
  return {
    ...rest,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      generation: changed ? generation + 1 : generation,
      creationTimestamp,
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp, deletionGracePeriodSeconds }),
      ...ownMetadata(given.metadata),
      ...(kind === namespaceKind ? { labels: namespaceLabels(name, given.metadata.labels) } : {}),
      resourceVersion,
    },
    ...(status === undefined ? {} : { status }),
  };
}
