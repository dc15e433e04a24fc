import assert from "node:assert/strict";
import { test } from "node:test";
import { ownTimes } from "../../bench/profile.ts";

const node = (id: number, functionName: string, url = "", lineNumber = 0) => ({ id, callFrame: { functionName, url, lineNumber } });

test("time goes to the function that was running, by name and place, idle time to nobody", () => {
  const profile = {
    nodes: [
      node(1, "(idle)"),
      node(2, "read", "file:///x/dist/proxy.js", 9),
      node(3, "read", "file:///x/dist/proxy.js", 9),
      node(4, "", "node:net"),
    ],
    samples: [1, 2, 3, 4, 2],
    timeDeltas: [1_000, 10, 20, 5, 30],
  };
  assert.deepEqual(
    [...ownTimes(profile)],
    [
      ["read proxy.js:10", 60],
      ["(anonymous) node:net:1", 5],
    ],
  );
});
