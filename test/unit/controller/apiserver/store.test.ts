import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { StoreEvent } from "../../../../src/controller/apiserver/store/contract.ts";
import type { Disk, Loaded } from "../../../../src/controller/apiserver/store/disk.ts";
import { createStore, STORE_LIMITS } from "../../../../src/controller/apiserver/store/store.ts";
import type { KubeObject } from "../../../../src/model/object.ts";

const BUCKET = "/configmaps";
const EMPTY: Loaded = { revision: 0, bucketRevisions: new Map(), objects: [] };

/** A disk that takes a turn of the event loop, and fails when its script says so. */
function disk(failures: readonly boolean[] = []): Disk {
  let commits = 0;
  return {
    load: () => EMPTY,
    async commit() {
      const fails = failures[commits % Math.max(1, failures.length)] ?? false;
      commits += 1;
      await new Promise((resolve) => setImmediate(resolve));
      if (fails) throw new Error("EIO");
    },
    close: () => Promise.resolve(),
  };
}

const object = (name: string, value: number): KubeObject => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, value });

test("a watcher that lists once and applies every event has, at any time, what the store has; nothing refused is ever seen", async () => {
  const write = fc.record({
    name: fc.constantFrom("a", "b", "c"),
    action: fc.constantFrom("put", "remove", "throw", "dry"),
    value: fc.nat(9),
    wait: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(write, { maxLength: 40 }), fc.array(fc.boolean(), { maxLength: 5 }), async (writes, failures) => {
      const store = createStore(disk(failures));
      const seen = new Map<string, number>();
      let last = 0;
      store.subscribe(BUCKET, ({ type, key, current, revision }: StoreEvent) => {
        assert.ok(revision > last, "revisions grow");
        last = revision;
        if (type === "DELETED") seen.delete(key);
        else seen.set(key, (current.object as unknown as { value: number }).value);
        assert.deepEqual(new Map(store.list(BUCKET).map((stored) => [stored.object.metadata.name, stored.object.value])), seen);
      });
      const model = new Map<string, number>();
      const pending = writes.map(async ({ name, action, value, wait }) => {
        if (wait) await new Promise((resolve) => setImmediate(resolve));
        try {
          await store.write(
            (transaction) => {
              if (action === "remove") return transaction.remove(BUCKET, name);
              const stored = transaction.put(BUCKET, name, object(name, value));
              assert.equal(transaction.get(BUCKET, name), stored, "a transaction sees what it does");
              assert.equal(transaction.list(BUCKET).filter((item) => item.object.metadata.name === name).length, 1);
              if (action === "throw") throw new Error("refused");
              return stored;
            },
            { dryRun: action === "dry" },
          );
        } catch (error) {
          assert.ok(!(error instanceof assert.AssertionError), String(error));
          return;
        }
        if (action === "put") model.set(name, value);
        if (action === "remove") model.delete(name);
      });
      await Promise.all(pending);
      assert.deepEqual(new Map([...seen].sort()), new Map([...model].sort()));
      await store.close();
    }),
    { numRuns: 100 },
  );
});

test("writes of one moment share a commit; those that come meanwhile share the next", async () => {
  let commits = 0;
  const slow: Disk = { ...disk(), commit: async () => void ((commits += 1), await new Promise((resolve) => setImmediate(resolve))) };
  const store = createStore(slow);
  const put = (name: string) => store.write((transaction) => transaction.put(BUCKET, name, object(name, 1)));
  await Promise.all(Array.from({ length: 100 }, (_, index) => put(`n${index}`)));
  assert.equal(commits, 1);
  assert.equal(store.revision, 100);
});

test("too many waiting writes are refused with 429, and a closing store takes none but finishes its own", async () => {
  const store = createStore(disk(), { ...STORE_LIMITS, maxQueued: 3 });
  const put = (name: string) => store.write((transaction) => transaction.put(BUCKET, name, object(name, 1)));
  const results = await Promise.allSettled([put("a"), put("b"), put("c"), put("d")]);
  assert.deepEqual(
    results.map((result) => (result.status === "rejected" ? (result.reason as { status: number }).status : "kept")),
    ["kept", "kept", "kept", 429],
  );
  const last = put("e");
  const closed = store.close();
  await assert.rejects(put("f"), /closing/);
  assert.equal((await last).revision, 4);
  await closed;
});

test("lists come in the order of keys, by prefix", async () => {
  const store = createStore(disk());
  for (const key of ["b/x", "a/y", "a-b/x", "a/x"]) await store.write((transaction) => transaction.put(BUCKET, key, object(key, 1)));
  const names = (prefix?: string) => store.list(BUCKET, prefix).map((stored) => stored.object.metadata.name);
  assert.deepEqual(names(), ["a-b/x", "a/x", "a/y", "b/x"]);
  assert.deepEqual(names("a/"), ["a/x", "a/y"]);
  assert.deepEqual(names("c/"), []);
});
