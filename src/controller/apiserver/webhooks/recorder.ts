import type { KubeObject } from "../../../model/object.ts";
import type { Stored, Transaction } from "../store/contract.ts";

/** One thing an operation did to the store. */
export interface RecordedWrite {
  readonly bucket: string;
  readonly key: string;
  /** Before the operation. */
  readonly before: Stored | undefined;
  /** What is to be kept; null: removed. */
  readonly after: KubeObject | null;
  /** What the operation was given back: to be replaced in its result. */
  readonly answered: Stored;
}

export interface Recorder {
  readonly transaction: Transaction;
  /** One entry for each key, the last write of it. */
  writes(): readonly RecordedWrite[];
}

/** A transaction that writes down what is done in it. */
export function recording(transaction: Transaction): Recorder {
  const writes = new Map<string, RecordedWrite>();
  const remember = (bucket: string, key: string, before: Stored | undefined, after: KubeObject | null, answered: Stored): void => {
    const id = `${bucket} ${key}`;
    const first = writes.get(id);
    writes.set(id, { bucket, key, before: first === undefined ? before : first.before, after, answered });
  };
  return {
    writes: () => [...writes.values()],
    transaction: {
      ...transaction,
      put(bucket, key, object) {
        const before = transaction.get(bucket, key);
        const stored = transaction.put(bucket, key, object);
        remember(bucket, key, before, stored.object, stored);
        return stored;
      },
      remove(bucket, key) {
        const before = transaction.get(bucket, key);
        const stored = transaction.remove(bucket, key);
        if (stored !== undefined) remember(bucket, key, before, null, stored);
        return stored;
      },
    },
  };
}
