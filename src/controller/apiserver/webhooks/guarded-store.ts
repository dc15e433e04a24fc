import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../../model/object.ts";
import { admit } from "../admission.ts";
import { requireNamespace } from "../lifecycle.ts";
import { isPlainObject } from "../merge-patch.ts";
import { bucketOf } from "../request.ts";
import { conflict } from "../status.ts";
import type { Store, Stored, Transaction } from "../store/contract.ts";
import { mutate, validate } from "./admission.ts";
import type { CallContext } from "./call.ts";
import type { ChangedObject } from "./matching.ts";
import { type RecordedWrite, recording } from "./recorder.ts";

/** Times a write is judged again because somebody else wrote in between. */
const MAX_TRIES = 5;

class WrittenMeanwhile extends Error {}

/**
 * The store, with webhooks asked about every object of the request's resource before it is written: a write is tried,
 * what it would do is told to the webhooks, and what they leave of it is done if nothing of it has changed meanwhile.
 */
export function guardedStore(store: Store, method: string, makeContext: (dryRun: boolean) => CallContext): Store {
  return Object.create(store, {
    write: {
      async value<T>(operation: (transaction: Transaction) => T, options: { readonly dryRun?: boolean } = {}): Promise<T> {
        const context = makeContext(options.dryRun ?? false);
        for (let tries = 1; ; tries += 1) {
          const tried = await store.write(
            (transaction) => {
              const recorder = recording(transaction);
              const result = operation(recorder.transaction);
              return { result, writes: recorder.writes() };
            },
            { dryRun: true },
          );
          const judged = await judge(context, method, tried.writes);
          try {
            return await store.write((transaction) => replay(transaction, context, judged, tried.result), options);
          } catch (error) {
            if (!(error instanceof WrittenMeanwhile)) throw error;
            if (tries < MAX_TRIES) continue;
            const { kind, name = "" } = context.request;
            throw conflict(kind, name, "the object has been modified; please apply your changes to the latest version and try again");
          }
        }
      },
    },
  }) as Store;
}

async function judge(context: CallContext, method: string, writes: readonly RecordedWrite[]): Promise<readonly RecordedWrite[]> {
  const bucket = bucketOf(context.request.kind);
  const judged: RecordedWrite[] = [];
  for (const write of writes) judged.push(write.bucket === bucket ? await judgeOne(context, method, write) : write);
  return judged;
}

async function judgeOne(context: CallContext, method: string, write: RecordedWrite): Promise<RecordedWrite> {
  const before = write.before?.object ?? null;
  const deleted = method === "DELETE";
  const change: ChangedObject = {
    operation: deleted ? "DELETE" : before === null ? "CREATE" : "UPDATE",
    before,
    after: deleted ? null : write.after,
  };
  const mutated = await mutate(context, change);
  const after = deleted || mutated === null || mutated === change.after ? write.after : readmit(context, write, mutated);
  await validate(context, { ...change, after: deleted ? null : after });
  return { ...write, after };
}

/** What a webhook made of an object, judged like anything a client sends; who it is stays the server's to say. */
function readmit({ request }: CallContext, { before, after }: RecordedWrite, mutated: KubeObject): KubeObject {
  const server = (after as KubeObject).metadata;
  const { apiVersion } = after as KubeObject;
  const { object } = admit(
    request.kind,
    { ...mutated, apiVersion, metadata: { ...mutated.metadata, name: server.name } },
    "Ignore",
    before?.object,
  );
  const { uid, resourceVersion, creationTimestamp, namespace, generation = 1 } = server;
  const more = before !== undefined && generation === before.object.metadata.generation && !sameSpec(object, before.object) ? 1 : 0;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      resourceVersion,
      creationTimestamp,
      generation: generation + more,
    } as KubeObject["metadata"],
  };
}

function sameSpec(left: KubeObject, right: KubeObject): boolean {
  const { metadata: _leftMetadata, status: _leftStatus, ...leftRest } = left;
  const { metadata: _rightMetadata, status: _rightStatus, ...rightRest } = right;
  return isDeepStrictEqual(leftRest, rightRest);
}

function replay<T>(transaction: Transaction, { request }: CallContext, writes: readonly RecordedWrite[], result: T): T {
  const done = new Map<Stored, Stored>();
  for (const { bucket, key, before, after, answered } of writes) {
    if (transaction.get(bucket, key)?.revision !== before?.revision) throw new WrittenMeanwhile();
    const namespace = after?.metadata.namespace;
    if (before === undefined && namespace !== undefined && bucket === bucketOf(request.kind)) {
      requireNamespace(transaction, request.kind, namespace, after?.metadata.name ?? "");
    }
    const stored = after === null ? transaction.remove(bucket, key) : transaction.put(bucket, key, after);
    if (stored !== undefined) done.set(answered, stored);
  }
  return replaced(result, done) as T;
}

/** The result of the tried operation, with what was really stored in the place of what it believed. */
function replaced(value: unknown, done: ReadonlyMap<Stored, Stored>): unknown {
  if (Array.isArray(value)) return value.map((entry) => replaced(entry, done));
  const stored = done.get(value as Stored);
  if (stored !== undefined || !isPlainObject(value) || "json" in value) return stored ?? value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, done.get(field as Stored) ?? field]));
}
