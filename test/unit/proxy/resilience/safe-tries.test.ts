import assert from "node:assert/strict";
import { test } from "node:test";
import {
  GIVE_UP,
  type LostTry,
  NEW_CONNECTION,
  OTHER_ENDPOINT,
  nextTryAfterConnectFailure,
  nextTryAfterLoss,
} from "../../../../src/proxy/resilience/safe-tries.ts";

const reused: LostTry = {
  replayable: true,
  reused: true,
  mtls: false,
  idempotent: true,
  bodySent: false,
  repeated: false,
  endpointsTried: 1,
};
const freshMesh: LostTry = { ...reused, reused: false, mtls: true };

for (const [name, lost, wanted] of [
  ["idempotent, without body, on a reused connection: once more", reused, NEW_CONNECTION],
  ["the same between proxies", { ...reused, mtls: true }, NEW_CONNECTION],
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
