import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { formatGrpcTimeout, parseGrpcTimeout } from "../../../../src/proxy/http/grpc-timeout.ts";

it("up to eight digits and one of six units", () => {
  const times: Readonly<Record<string, number>> = {
    "1H": 3_600_000,
    "2M": 120_000,
    "99999999S": 99_999_999_000,
    "250m": 250,
    "1500u": 1.5,
    "2000000n": 2,
    "00000001m": 1,
    "0n": 0,
    "99999999H": 359_999_996_400_000,
  };
  for (const [text, ms] of Object.entries(times)) assert.ok(Math.abs(parseGrpcTimeout(text) - ms) < 1e-9, text);
});

it("anything else is no timeout", () => {
  for (const text of [
    "",
    "m",
    "5",
    "5 m",
    "5ms",
    "5s",
    "5h",
    "-5m",
    "+5m",
    "1.5S",
    "123456789m",
    "5m, 6m",
    "٣m",
    " 5m",
    "5m\n",
    "0x5m",
    "1e3m",
  ]) {
    assert.ok(Number.isNaN(parseGrpcTimeout(text)), JSON.stringify(text));
  }
});

it("what is written can be read, promises no more than there is, and loses less than a hundredth of it or a microsecond", () => {
  fc.assert(
    fc.property(fc.oneof(fc.double({ min: 0, max: 4e14, noNaN: true }), fc.double({ min: 0, max: 3, noNaN: true })), (ms) => {
      const read = parseGrpcTimeout(formatGrpcTimeout(ms));
      const cap = 99_999_999 * 3_600_000;
      assert.ok(read <= ms + 1e-9, `${ms} became ${read}`);
      assert.ok(ms >= cap || ms - read <= Math.max(1.000001, ms / 100), `${ms} became ${read}`);
    }),
  );
});
