import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ClientSubscriptions } from "../../../src/discovery/client/subscriptions.ts";
import { RejectedResource } from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { DeltaDiscoveryResponse, Node } from "../../../src/messages/gen/envoy/service/discovery/v3/ads.ts";
import { TYPE_URL } from "../../../src/messages/names.ts";

const A = "type/A";
const B = "type/B";
const node = Node.fromPartial({ id: "ns/i" });
const response = (names: readonly string[], version: string, removed: string[] = []) =>
  DeltaDiscoveryResponse.fromPartial({
    typeUrl: A,
    nonce: "n",
    resources: names.map((name) => ({ name, version, resource: { typeUrl: A, value: Buffer.from("x") } })),
    removedResources: removed,
  });

describe("what a client says", () => {
  it("introduces itself once and never sends an empty first request of a type", () => {
    const client = new ClientSubscriptions();
    client.subscribe(A, "a");
    client.subscribe(B, "b");
    client.unsubscribe(B, "b");
    client.begin();
    const requests = client.requests(node);
    assert.deepEqual(
      requests.map((request) => [request.typeUrl, request.resourceNamesSubscribe, request.node?.id]),
      [[A, ["a"], "ns/i"]],
    );
    assert.deepEqual(client.requests(undefined), []);
  });

  it("says on a new stream what it wants and what it holds, versions refused not among them", () => {
    const client = new ClientSubscriptions();
    for (const name of ["good", "bad", "saved"]) client.subscribe(A, name, name === "saved" ? "s1" : undefined);
    client.requests(node);
    client.answer(response(["good", "bad"], "1"), []);
    client.answer(response(["good", "bad"], "2"), [{ name: "bad", message: "no" }]);
    client.begin();
    assert.deepEqual(client.requests(node)[0]?.initialResourceVersions, { good: "2", bad: "1", saved: "s1" });
    assert.equal(client.version(A, "bad"), "1");
  });

  it("names what it refuses, in details and in words", () => {
    const client = new ClientSubscriptions();
    client.subscribe(A, "a");
    const request = client.answer(response(["a"], "1"), [{ name: "a", message: "sum of weights is 0" }]);
    assert.equal(request.responseNonce, "n");
    assert.equal(request.errorDetail?.message, "a: sum of weights is 0");
    const [detail] = request.errorDetail?.details ?? [];
    assert.equal(detail?.typeUrl, TYPE_URL.REJECTED);
    assert.deepEqual(RejectedResource.decode(detail?.value ?? new Uint8Array()), { name: "a", message: "sum of weights is 0" });
  });

  it("forgets what was removed or is not wanted any more", () => {
    const client = new ClientSubscriptions();
    client.subscribe(A, "a");
    client.subscribe(A, "b");
    client.requests(node);
    client.answer(response(["a", "b"], "1"), []);
    client.answer(response([], "", ["a"]), []);
    client.unsubscribe(A, "b");
    assert.deepEqual(client.requests(undefined)[0]?.resourceNamesUnsubscribe, ["b"]);
    client.answer(response(["b"], "2"), []);
    assert.equal(client.version(A, "b"), undefined, "an answer that crossed the unsubscription is not kept");
    client.begin();
    assert.deepEqual(client.requests(node)[0]?.initialResourceVersions, {});
  });

  it("asks again when told to", () => {
    const client = new ClientSubscriptions();
    client.subscribe(A, "a");
    client.requests(node);
    client.resubscribe(A, ["a", "never"]);
    assert.deepEqual(client.requests(undefined)[0]?.resourceNamesSubscribe, ["a"]);
  });
});
