import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceLabel, sourceOfPeer } from "../../../../src/proxy/inbound/peer-source.ts";

const CART = sourceOfPeer("spiffe://cluster.local/ns/shop/sa/cart");

test("an identity of the mesh names namespace and service account", () => {
  assert.deepEqual(
    { ...CART },
    { identity: "spiffe://cluster.local/ns/shop/sa/cart", namespace: "shop", serviceAccount: "cart", workload: "" },
  );
  assert.equal(sourceOfPeer("").namespace, "");
  assert.equal(sourceOfPeer("spiffe://cluster.local/elsewhere").namespace, "");
});

for (const [name, wanted] of [
  ["shop/cart-v2", "shop/cart-v2"],
  ["bank/vault", "shop/cart"],
  ["shop", "shop/cart"],
  ["shop/", "shop/cart"],
  ["shop/a/b", "shop/cart"],
  ["shop/a\tb", "shop/cart"],
  [`shop/${"a".repeat(300)}`, "shop/cart"],
  [undefined, "shop/cart"],
] as const) {
  test(`${JSON.stringify(name)} said by shop/cart is shown as ${wanted}`, () => assert.equal(sourceLabel(CART, name, "1.2.3.4"), wanted));
}

test("without identity the address is all there is", () => {
  assert.equal(sourceLabel(sourceOfPeer(""), "shop/cart", "1.2.3.4"), "1.2.3.4");
});
