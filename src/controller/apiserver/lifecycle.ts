import { SYSTEM_NAMESPACE } from "../../messages/names.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import { namespaceKind } from "../../model/kinds/namespace.ts";
import type { KubeObject } from "../../model/object.ts";
import { DEFINITIONS } from "./definitions/definition.ts";
import { afterRemoval, deleteDefinition } from "./definitions/removal.ts";
import { type Content, terminatingStatus } from "./namespace-status.ts";
import { bucketOf, storeKey } from "./request.ts";
import { forbidden, notFound } from "./status.ts";
import type { Stored, Transaction } from "./store/contract.ts";
import { FOREGROUND_FINALIZER, type Place } from "./store/owner-index.ts";

export const NAMESPACES = bucketOf(namespaceKind);
/** They are there from the start and stay. */
export const PERMANENT_NAMESPACES: readonly string[] = ["default", "kube-system", SYSTEM_NAMESPACE];

/** What becomes of an object's dependents: they go after it, before it, or stay without it. */
export type Propagation = "Background" | "Foreground" | "Orphan";

/** The last state, or the one that waits for its finalizers. */
export interface Deleted {
  readonly stored: Stored;
  readonly gone: boolean;
}

/** Objects are made only in a namespace that exists and is not on its way out. */
export function requireNamespace(transaction: Transaction, kind: KindDescriptor, namespace: string, name: string): void {
  const stored = transaction.get(NAMESPACES, namespace);
  if (stored === undefined) throw notFound(namespaceKind, namespace);
  if (isMarked(stored)) {
    throw forbidden(kind, name, `unable to create new content in namespace ${namespace} because it is being terminated`, [
      { reason: "NamespaceTerminating", message: `namespace ${namespace} is being terminated`, field: "metadata.namespace" },
    ]);
  }
}

/**
 * Deletes an object, as far as its finalizers let it: with some left it is only marked, and goes when the
 * last one is taken off. A namespace takes everything inside with it, an owner its dependents.
 */
export function deleteObject(
  transaction: Transaction,
  bucket: string,
  stored: Stored,
  nowIso: string,
  propagation: Propagation = "Background",
): Deleted {
  return new Deletions(transaction, nowIso).run(placeOf(bucket, stored), propagation);
}

/** After a write: an object that was only waiting for its finalizers goes, and what waited for it. */
export function finishDeletion(transaction: Transaction, bucket: string, written: Stored): Stored {
  const { deletionTimestamp } = written.object.metadata;
  if (deletionTimestamp === undefined) return written;
  return new Deletions(transaction, deletionTimestamp).settle(placeOf(bucket, written), written);
}

interface Pending extends Place {
  readonly propagation: Propagation;
}

/** One deletion and all that follows from it, in one transaction. A list of work, not recursion: chains of owners may be long. */
class Deletions {
  readonly #transaction: Transaction;
  readonly #nowIso: string;
  readonly #pending: Pending[] = [];
  /** Owners and namespaces that may have lost what they waited for. */
  readonly #unsettled = new Map<string, Place>();
  /** Buckets that lost something: perhaps the last that their definition waits for. */
  readonly #emptied = new Set<string>();

  constructor(transaction: Transaction, nowIso: string) {
    this.#transaction = transaction;
    this.#nowIso = nowIso;
  }

  run(place: Place, propagation: Propagation): Deleted {
    let last = this.#begin({ ...place, propagation }) as Stored;
    last = this.#finish(place, last);
    const present = this.#transaction.get(place.bucket, place.key);
    return present === undefined ? { stored: last, gone: true } : { stored: present, gone: false };
  }

  settle(place: Place, written: Stored): Stored {
    this.#unsettled.set(textOf(place), place);
    const last = this.#finish(place, written);
    return this.#transaction.get(place.bucket, place.key) ?? last;
  }

  /** Works off everything; `first` is the newest state of `place` so far, and the result its last. */
  #finish(place: Place, first: Stored): Stored {
    let last = first;
    const note = (at: Place, state: Stored | undefined): void => {
      if (state !== undefined && textOf(at) === textOf(place)) last = state;
    };
    for (;;) {
      const next = this.#pending.pop();
      if (next !== undefined) {
        note(next, this.#begin(next));
        continue;
      }
      for (const bucket of this.#emptied) afterRemoval(this.#transaction, bucket);
      this.#emptied.clear();
      const [unsettled] = this.#unsettled.values();
      if (unsettled === undefined) return last;
      this.#unsettled.delete(textOf(unsettled));
      note(unsettled, this.#settleOne(unsettled));
    }
  }

  #begin({ bucket, key, propagation }: Pending): Stored | undefined {
    const stored = this.#transaction.get(bucket, key);
    if (stored === undefined) return undefined;
    if (bucket === NAMESPACES) return this.#beginNamespace(key, stored);
    if (bucket === DEFINITIONS) return deleteDefinition(this.#transaction, stored, this.#nowIso, (at, item) => this.#later(at, item));
    const { uid = "" } = stored.object.metadata;
    if (propagation === "Orphan") for (const place of this.#transaction.dependentsOf(uid)) this.#disown(place, uid);
    const blocking = propagation === "Foreground" ? this.#blockingDependents(uid) : [];
    if (isMarked(stored)) return stored;
    if (!hasFinalizers(stored) && blocking.length === 0) return this.#remove(bucket, key, stored);
    const finalizers = [...(stored.object.metadata.finalizers ?? []), ...(blocking.length === 0 ? [] : [FOREGROUND_FINALIZER])];
    const marked = this.#transaction.put(bucket, key, markedObject(stored.object, this.#nowIso, finalizers));
    for (const place of blocking) this.#release(place, uid, "Foreground");
    return marked;
  }

  #beginNamespace(name: string, stored: Stored): Stored {
    if (PERMANENT_NAMESPACES.includes(name)) throw forbidden(namespaceKind, name, "this namespace may not be deleted");
    const marked = isMarked(stored)
      ? stored
      : this.#transaction.put(NAMESPACES, name, {
          ...markedObject(stored.object, this.#nowIso, stored.object.metadata.finalizers),
          status: { phase: "Terminating" },
        });
    for (const item of contentsOf(this.#transaction, name)) this.#pending.push({ ...item.place, propagation: "Background" });
    this.#unsettled.set(textOf({ bucket: NAMESPACES, key: name }), { bucket: NAMESPACES, key: name });
    return marked;
  }

  /** A marked object goes when nothing holds it any more. */
  #settleOne({ bucket, key }: Place): Stored | undefined {
    let stored = this.#transaction.get(bucket, key);
    if (stored === undefined || !isMarked(stored)) return undefined;
    const { uid = "", finalizers = [] } = stored.object.metadata;
    if (finalizers.includes(FOREGROUND_FINALIZER) && this.#blockingDependents(uid).length === 0) {
      const rest = finalizers.filter((finalizer) => finalizer !== FOREGROUND_FINALIZER);
      if (rest.length > 0) {
        stored = this.#transaction.put(bucket, key, { ...stored.object, metadata: { ...stored.object.metadata, finalizers: rest } });
      } else return this.#remove(bucket, key, stored);
    }
    if (hasFinalizers(stored)) return stored;
    if (bucket !== NAMESPACES) return this.#remove(bucket, key, stored);
    const contents = contentsOf(this.#transaction, key);
    if (contents.length === 0) return this.#remove(bucket, key, stored);
    const status = terminatingStatus(contents, this.#nowIso, stored.object.status);
    return status === stored.object.status ? stored : this.#transaction.put(bucket, key, { ...stored.object, status });
  }

  #remove(bucket: string, key: string, stored: Stored): Stored {
    const last = this.#transaction.remove(bucket, key) ?? stored;
    this.#emptied.add(bucket);
    const { uid = "", namespace, ownerReferences = [] } = stored.object.metadata;
    for (const place of this.#transaction.dependentsOf(uid)) this.#release(place, uid, "Background");
    for (const owner of ownerReferences) {
      const waiting = this.#transaction.waitingOwner(owner.uid);
      if (waiting !== undefined) this.#unsettled.set(textOf(waiting), waiting);
    }
    const around = namespace === undefined ? undefined : this.#transaction.get(NAMESPACES, namespace);
    if (around !== undefined && isMarked(around)) {
      const place = placeOf(NAMESPACES, around);
      this.#unsettled.set(textOf(place), place);
    }
    return last;
  }

  #later(bucket: string, stored: Stored): void {
    this.#pending.push({ ...placeOf(bucket, stored), propagation: "Background" });
  }

  /** A dependent whose owner goes: with no other owner it goes too, else it only loses this one. */
  #release(place: Place, ownerUid: string, propagation: Propagation): void {
    const owners = this.#transaction.get(place.bucket, place.key)?.object.metadata.ownerReferences ?? [];
    if (owners.some(({ uid }) => uid !== ownerUid)) this.#disown(place, ownerUid);
    else this.#pending.push({ ...place, propagation });
  }

  #disown({ bucket, key }: Place, ownerUid: string): void {
    const stored = this.#transaction.get(bucket, key);
    if (stored === undefined) return;
    const { ownerReferences = [], ...metadata } = stored.object.metadata;
    const rest = ownerReferences.filter(({ uid }) => uid !== ownerUid);
    this.#transaction.put(bucket, key, {
      ...stored.object,
      metadata: { ...metadata, ...(rest.length === 0 ? {} : { ownerReferences: rest }) },
    });
  }

  #blockingDependents(uid: string): readonly Place[] {
    return this.#transaction
      .dependentsOf(uid)
      .filter(({ bucket, key }) =>
        this.#transaction
          .get(bucket, key)
          ?.object.metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
      );
  }
}

function contentsOf(transaction: Transaction, namespace: string): readonly Content[] {
  return transaction
    .buckets()
    .filter((bucket) => bucket !== NAMESPACES)
    .flatMap((bucket) => transaction.list(bucket, `${namespace}/`).map((stored) => ({ place: placeOf(bucket, stored), stored })));
}

function placeOf(bucket: string, { object: { metadata } }: Stored): Place {
  return { bucket, key: storeKey(metadata.namespace, metadata.name) };
}

function textOf({ bucket, key }: Place): string {
  return `${bucket} ${key}`;
}

function hasFinalizers({ object }: Stored): boolean {
  return (object.metadata.finalizers?.length ?? 0) > 0;
}

function isMarked({ object }: Stored): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** Controllers shall look again: its generation moves. */
function markedObject(object: KubeObject, nowIso: string, finalizers: readonly string[] = []): KubeObject {
  const { generation } = object.metadata;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...(generation === undefined ? {} : { generation: generation + 1 }),
      deletionTimestamp: nowIso,
      deletionGracePeriodSeconds: 0,
      ...(finalizers.length === 0 ? {} : { finalizers: [...finalizers] }),
    },
  };
}
