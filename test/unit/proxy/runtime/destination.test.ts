import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { destinationOf } from "../../../../src/proxy/runtime/destination.ts";

describe("the destination a host names", () => {
  for (const [authority, expected] of [
    ["api", "default/api:80"],
    ["api:8080", "default/api:8080"],
    ["API:80", "default/api:80"],
    ["api.shop", "shop/api:80"],
    ["api.shop:90", "shop/api:90"],
    ["api.shop.svc", "shop/api:80"],
    ["api.shop.svc.cluster.local", "shop/api:80"],
    ["api.shop.svc.cluster.local.:81", "shop/api:81"],
    ["api.svc", null],
    ["a.b.c", null],
    ["example.com", "com/example:80"],
    ["127.0.0.1", null],
    ["127.0.0.1:80", null],
    ["[::1]:80", null],
    ["[::1]", null],
    ["api:0", null],
    ["api:65536", null],
    ["api:", null],
    ["api:x", null],
    ["", null],
    ["-api", null],
    ["api_1", null],
    ["api/../x", null],
  ] as const) {
    it(`${authority || "(empty)"} → ${expected}`, () => assert.equal(destinationOf(authority, "default", "cluster.local"), expected));
  }
});
