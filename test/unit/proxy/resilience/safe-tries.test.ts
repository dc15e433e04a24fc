import assert from "node:assert/strict";
import { test } from "node:test";
import {
  GIVE_UP,
  type LostTry,
  NEW_CONNECTION,
  OTHER_ENDPOINT,
  isFailedTry,
  nextTryAfterConnectFailure,
  nextTryAfterLoss,
  nextTryAfterRefusal,
} from "../../../../src/proxy/resilience/safe-tries.ts";

const reused: LostTry = {
  replayable: true,
  unprocessed: false,
  reused: true,
  refused: false,
  idempotent: true,
  bodySent: false,
  repeated: false,
  endpointsTried: 1,
  hasAnother: true,
};
const freshMesh: LostTry = { ...reused, reused: false, unprocessed: true };

for (const [name, lost, wanted] of [
  ["idempotent, without body, on a reused connection: once more", reused, NEW_CONNECTION],
  ["certainly not processed: elsewhere", { ...reused, unprocessed: true, idempotent: false, bodySent: true }, OTHER_ENDPOINT],
  ["the only endpoint says goodbye: on a new connection", { ...reused, unprocessed: true, hasAnother: false }, NEW_CONNECTION],
  ["once", { ...reused, unprocessed: true, hasAnother: false, repeated: true }, OTHER_ENDPOINT],
  ["not what its other side ended itself", { ...reused, refused: true }, GIVE_UP],
  ["that certainly was not processed, all the same", { ...reused, refused: true, unprocessed: true }, OTHER_ENDPOINT],
  ["not twice", { ...reused, repeated: true }, GIVE_UP],
  ["not with a body", { ...reused, bodySent: true }, GIVE_UP],
  ["not POST", { ...reused, idempotent: false }, GIVE_UP],
  ["not on a fresh plaintext connection", { ...reused, reused: false }, GIVE_UP],
  ["fresh mesh connection: never up, so anything goes elsewhere", { ...freshMesh, idempotent: false, bodySent: true }, OTHER_ENDPOINT],
  ["to two others at most", { ...freshMesh, endpointsTried: 3 }, GIVE_UP],
  ["unless its bytes are gone", { ...freshMesh, replayable: false }, GIVE_UP],
] as const) {
  test(name, () => assert.equal(nextTryAfterLoss(lost), wanted));
}

test("a connection that was not made: two other endpoints", () => {
  assert.deepEqual([1, 2, 3].map(nextTryAfterConnectFailure), [OTHER_ENDPOINT, OTHER_ENDPOINT, GIVE_UP]);
});

test("a refusal before anything was passed on: two other endpoints, while the request can be sent again", () => {
  for (const reason of ["app-unreachable", "draining", "overloaded"] as const) {
    const tries = [1, 2, 3].map((tried) => nextTryAfterRefusal(reason, true, tried));
    assert.deepEqual(tries, [OTHER_ENDPOINT, OTHER_ENDPOINT, GIVE_UP]);
    assert.equal(nextTryAfterRefusal(reason, false, 1), GIVE_UP);
  }
  for (const reason of ["", "upstream-reset", "fault-abort", "policy-error"] as const) {
    assert.equal(nextTryAfterRefusal(reason, true, 1), GIVE_UP, reason);
  }
});

test("an endpoint that cannot answer has failed; one whose policies answer has not", () => {
  for (const reason of ["app-unreachable", "draining", "overloaded", "upstream-reset"] as const) assert.ok(isFailedTry(reason), reason);
  for (const reason of ["", "fault-abort", "bad-path"] as const) assert.ok(!isFailedTry(reason), reason);
});
