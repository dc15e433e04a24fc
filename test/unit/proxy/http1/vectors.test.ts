import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ROLE_REQUEST } from "../../../../src/proxy/http1/codec/head.ts";
import { readMessages } from "../../../support/http1-events.ts";
import { HTTP1_ROWS } from "../../../support/http1-vectors.ts";

/** Refusals the engine makes, beyond framing: target forms, Host, path. Tested with sockets. */
const BEYOND_CODEC = new Set(["bad-host", "bad-path"]);

for (const { row, rfc, vectors } of HTTP1_ROWS) {
  describe(`${row} (${rfc})`, () => {
    test("has eight vectors or more", () => assert.ok(vectors.length >= 8));
    for (const vector of vectors) {
      test(vector.name, () => {
        const bytes = Buffer.from(vector.bytes, "latin1");
        const whole = readMessages(ROLE_REQUEST, bytes);
        const targetOnly = row === "target and Host" && vector.refused === "bad-target";
        if (vector.refused === undefined || BEYOND_CODEC.has(vector.refused) || targetOnly) {
          assert.equal(whole.failure, "");
          assert.equal(whole.messages.length, 1);
          assert.equal(whole.messages[0]?.complete, true);
          if (vector.body !== undefined) assert.equal(whole.messages[0]?.body, vector.body);
        } else {
          assert.equal(whole.failure, vector.refused);
          assert.ok(whole.messages.every(({ complete }) => !complete));
        }
        const everywhere = Array.from({ length: Math.max(0, bytes.length - 1) }, (_, index) => index + 1);
        assert.deepEqual(readMessages(ROLE_REQUEST, bytes, everywhere), whole, "one byte at a time");
        // Two reads, cut at every place; of long vectors, at places spread over them.
        const step = Math.max(1, Math.floor(bytes.length / 400));
        for (let cut = 1; cut < bytes.length; cut += step) {
          assert.deepEqual(readMessages(ROLE_REQUEST, bytes, [cut]), whole, `cut at ${cut}`);
        }
      });
    }
  });
}
