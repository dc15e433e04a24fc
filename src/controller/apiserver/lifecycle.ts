import { SYSTEM_NAMESPACE } from "../../messages/names.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import { namespaceKind } from "../../model/kinds/namespace.ts";
import type { KubeObject } from "../../model/object.ts";
import { DEFINITIONS } from "./definitions/definition.ts";
import { afterRemoval, deleteDefinition } from "./definitions/removal.ts";
import { bucketOf, storeKey } from "./request.ts";
import { forbidden, notFound } from "./status.ts";
import type { Stored, Transaction } from "./store/contract.ts";

export const NAMESPACES = bucketOf(namespaceKind);
/** They are there from the start and stay. */
export const PERMANENT_NAMESPACES: readonly string[] = ["default", SYSTEM_NAMESPACE];

/** Objects are made only in a namespace that exists and is not on its way out. */
export function requireNamespace(transaction: Transaction, kind: KindDescriptor, namespace: string, name: string): void {
  const stored = transaction.get(NAMESPACES, namespace);
  if (stored === undefined) throw notFound(namespaceKind, namespace);
  if (stored.object.metadata.deletionTimestamp !== undefined) {
    throw forbidden(kind, name, `unable to create new content in namespace ${namespace} because it is being terminated`, [
      { reason: "NamespaceTerminating", message: `namespace ${namespace} is being terminated`, field: "metadata.namespace" },
    ]);
  }
}

/**
 * Deletes an object, as far as its finalizers let it: with some left it is only marked, and goes when the
 * last one is taken off. A namespace takes everything inside with it.
 */
export function deleteObject(transaction: Transaction, bucket: string, stored: Stored, nowIso: string): Stored {
  const { object } = stored;
  const key = storeKey(object.metadata.namespace, object.metadata.name);
  if (bucket === NAMESPACES) return deleteNamespace(transaction, stored, nowIso);
  if (bucket === DEFINITIONS) return deleteDefinition(transaction, stored, nowIso, deleteObject);
  if (!hasFinalizers(object)) return removeNow(transaction, bucket, key, stored);
  if (object.metadata.deletionTimestamp !== undefined) return stored;
  return transaction.put(bucket, key, marked(object, nowIso));
}

/** After a write: an object that was only waiting for its finalizers goes. */
export function finishDeletion(transaction: Transaction, bucket: string, written: Stored): Stored {
  const { metadata } = written.object;
  if (metadata.deletionTimestamp === undefined || hasFinalizers(written.object)) return written;
  if (bucket === NAMESPACES && contentsOf(transaction, metadata.name).length > 0) return written;
  return removeNow(transaction, bucket, storeKey(metadata.namespace, metadata.name), written);
}

function deleteNamespace(transaction: Transaction, stored: Stored, nowIso: string): Stored {
  const { name } = stored.object.metadata;
  if (PERMANENT_NAMESPACES.includes(name)) throw forbidden(namespaceKind, name, "this namespace may not be deleted");
  for (const { bucket, item } of contentsOf(transaction, name)) deleteObject(transaction, bucket, item, nowIso);
  // Its contents may have taken it along already.
  const current = transaction.get(NAMESPACES, name);
  if (current === undefined) return stored;
  if (contentsOf(transaction, name).length === 0 && !hasFinalizers(current.object)) return transaction.remove(NAMESPACES, name) ?? current;
  if (current.object.metadata.deletionTimestamp !== undefined) return current;
  return transaction.put(NAMESPACES, name, { ...marked(current.object, nowIso), status: { phase: "Terminating" } });
}

function removeNow(transaction: Transaction, bucket: string, key: string, stored: Stored): Stored {
  const last = transaction.remove(bucket, key) ?? stored;
  afterRemoval(transaction, bucket);
  const namespace =
    stored.object.metadata.namespace === undefined ? undefined : transaction.get(NAMESPACES, stored.object.metadata.namespace);
  // The last object of a terminating namespace takes it along.
  if (namespace?.object.metadata.deletionTimestamp !== undefined) finishDeletion(transaction, NAMESPACES, namespace);
  return last;
}

function contentsOf(transaction: Transaction, namespace: string): readonly { readonly bucket: string; readonly item: Stored }[] {
  return transaction
    .buckets()
    .filter((bucket) => bucket !== NAMESPACES)
    .flatMap((bucket) => transaction.list(bucket, `${namespace}/`).map((item) => ({ bucket, item })));
}

function hasFinalizers(object: KubeObject): boolean {
  return (object.metadata.finalizers?.length ?? 0) > 0;
}

function marked(object: KubeObject, nowIso: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, deletionTimestamp: nowIso } };
}
