import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Lru } from "../../../src/lib/lru.ts";
import { Ring } from "../../../src/lib/ring.ts";

test("an LRU forgets what was not used for longest, and says so", () => {
  const forgotten: string[] = [];
  const lru = new Lru<string, number>(2, (key) => forgotten.push(key));
  lru.set("a", 1);
  lru.set("b", 2);
  assert.equal(lru.get("a"), 1);
  assert.equal(lru.peek("b"), 2);
  lru.set("c", 3);
  assert.deepEqual([...lru.keys()], ["a", "c"]);
  lru.set("a", 4);
  lru.delete("c");
  lru.delete("nothing");
  assert.deepEqual([lru.size, lru.get("a"), lru.get("b")], [1, 4, undefined]);
  assert.deepEqual(forgotten, ["b"]);
});

test("a ring keeps the last values in order, whatever is pushed and taken", () => {
  const steps = fc.array(fc.oneof(fc.nat(100), fc.constant("shift" as const)), { maxLength: 60 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 5 }), (ops, capacity) => {
      const ring = new Ring<number>(capacity);
      const model: number[] = [];
      let dropped = 0;
      for (const op of ops) {
        if (op === "shift") assert.equal(ring.shift(), model.shift());
        else {
          ring.push(op);
          model.push(op);
          if (model.length > capacity) {
            model.shift();
            dropped += 1;
          }
        }
        assert.deepEqual(ring.toArray(), model);
        assert.equal(ring.size, model.length);
        assert.equal(ring.dropped, dropped);
      }
    }),
  );
  assert.throws(() => new Ring(0), RangeError);
});
