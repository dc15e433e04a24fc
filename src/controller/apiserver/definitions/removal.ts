import { withCondition } from "../../../model/conditions.ts";
import type { KindDescriptor } from "../../../model/kind.ts";
import type { Condition, KubeObject } from "../../../model/object.ts";
import { HttpError } from "../../http.ts";
import type { Stored, Transaction } from "../store/contract.ts";
import { BUILT_IN } from "./conditions.ts";
import { bucketOfDefinition, DEFINITIONS, type KnownDefinition, readDefinition } from "./definition.ts";

/** Keeps a definition until its last object is gone, as on a cluster. */
const CLEANUP = "customresourcecleanup.apiextensions.k8s.io";

/** Deletes a definition with its objects, which are given to `deleteLater`; it stays until {@link afterRemoval} of the last. */
export function deleteDefinition(
  transaction: Transaction,
  stored: Stored,
  nowIso: string,
  deleteLater: (bucket: string, stored: Stored) => void,
): Stored {
  const { metadata } = stored.object;
  const definition = readDefinition(stored.object);
  const bucket = bucketOfDefinition(definition.spec);
  if (!isBuiltInDefinition(definition)) {
    for (const item of transaction.list(bucket)) deleteLater(bucket, item);
  }
  const current = transaction.get(DEFINITIONS, metadata.name);
  if (current === undefined) return stored;
  const waits = !isBuiltInDefinition(definition) && transaction.list(bucket).length > 0;
  const finalizers = (current.object.metadata.finalizers ?? []).filter((name) => name !== CLEANUP);
  if (!waits && finalizers.length === 0) return transaction.remove(DEFINITIONS, metadata.name) ?? current;
  const { deletionTimestamp = nowIso } = current.object.metadata;
  const next = {
    ...terminating(readDefinition(current.object), nowIso),
    metadata: { ...current.object.metadata, deletionTimestamp, finalizers: waits ? [...finalizers, CLEANUP] : finalizers },
  };
  return transaction.put(DEFINITIONS, metadata.name, next);
}

/** The last object of a definition that is on its way out takes it along. */
export function afterRemoval(transaction: Transaction, bucket: string): void {
  const [group = "", plural = ""] = bucket.split("/");
  const stored = transaction.get(DEFINITIONS, `${plural}.${group}`);
  if (stored === undefined || stored.object.metadata.deletionTimestamp === undefined || transaction.list(bucket).length > 0) return;
  const { metadata } = stored.object;
  const finalizers = (metadata.finalizers ?? []).filter((name) => name !== CLEANUP);
  if (finalizers.length === 0) transaction.remove(DEFINITIONS, metadata.name);
  else if (finalizers.length !== metadata.finalizers?.length) {
    transaction.put(DEFINITIONS, metadata.name, { ...stored.object, metadata: { ...metadata, finalizers } });
  }
}

/** Nothing new of a kind that is going away. Throws 405 as API servers do. */
export function requireLasting(transaction: Transaction, { custom, group, plural }: KindDescriptor): void {
  if (custom !== true) return;
  const definition = transaction.get(DEFINITIONS, `${plural}.${group}`);
  if (definition?.object.metadata.deletionTimestamp === undefined) return;
  throw new HttpError(405, "MethodNotAllowed", `create not allowed while custom resource definition is terminating`, {
    group,
    kind: plural,
  });
}

function isBuiltInDefinition({ status }: KnownDefinition): boolean {
  return status?.conditions?.some(({ type, reason }) => type === "Established" && reason === BUILT_IN) ?? false;
}

function terminating(definition: KnownDefinition, nowIso: string): KubeObject {
  const condition: Omit<Condition, "lastTransitionTime"> = {
    type: "Terminating",
    status: "True",
    reason: "InstanceDeletionInProgress",
    message: "CustomResource deletion is in progress",
  };
  const conditions = withCondition(definition.status?.conditions ?? [], condition, nowIso);
  return { ...definition, status: { ...definition.status, conditions: [...conditions] } };
}
