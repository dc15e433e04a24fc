import assert from "node:assert/strict";
import { test } from "node:test";
import { isForbiddenTarget } from "../../../../src/proxy/outbound/forbidden-target.ts";

for (const authority of [
  "127.0.0.1",
  "127.0.0.1:80",
  "127.255.0.1",
  "0.0.0.0",
  "localhost",
  "localhost.",
  "a.localhost:1",
  "[::1]",
  "[::1]:80",
  "[::]",
  "[fe80::1]",
  "[::ffff:127.0.0.1]:80",
  "169.254.169.254",
  "[::ffff:169.254.1.1]",
]) {
  test(`${authority} is`, () => assert.equal(isForbiddenTarget(authority), true));
}
for (const authority of ["api", "api:80", "10.0.0.1", "128.0.0.1", "[2001:db8::1]", "localhost.example", "127.example", "api.localhosts"]) {
  test(`${authority} is not`, () => assert.equal(isForbiddenTarget(authority), false));
}
