import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeResource, type EncodedResource } from "../../../src/discovery/resource.ts";
import { DEFAULT_STREAM_LIMITS } from "../../../src/discovery/server/contract.ts";
import { TypeSubscriptions } from "../../../src/discovery/server/subscriptions.ts";
import { RejectedResource } from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { DeltaDiscoveryRequest } from "../../../src/messages/gen/envoy/service/discovery/v3/ads.ts";
import { TYPE_URL } from "../../../src/messages/names.ts";

const TYPE = "type.googleapis.com/test.Thing";

function setup(limits = DEFAULT_STREAM_LIMITS) {
  const table = new Map<string, EncodedResource>();
  const state = new TypeSubscriptions(TYPE, limits, (_type, name) => table.get(name) ?? null);
  let nonce = 0;
  return {
    state,
    set(name: string, payload: string, aliases: string[] = []) {
      const resource = encodeResource(TYPE, name, aliases, Buffer.from(payload));
      for (const key of [name, ...aliases]) table.set(key, resource);
      return resource.version;
    },
    remove: (...names: string[]) => names.forEach((name) => table.delete(name)),
    send: (request: Partial<DeltaDiscoveryRequest>) => state.receive(DeltaDiscoveryRequest.fromPartial(request), 1),
    take() {
      nonce += 1;
      const delta = state.take(String(nonce), 1);
      return delta && { nonce: String(nonce), resources: delta.resources.map((resource) => resource.name), removed: delta.removed };
    },
    delivery: (name: string) => [...state.status()].find((delivery) => delivery.name === name),
  };
}

describe("subscriptions of one type on one stream", () => {
  it("refuses wildcards: an empty first request and the name *", () => {
    assert.match(setup().send({}) ?? "", /must name/);
    assert.match(setup().send({ resourceNamesSubscribe: ["*"] }) ?? "", /wildcard/);
    const { send, set } = setup();
    set("a", "1");
    assert.equal(send({ resourceNamesSubscribe: ["a"] }), null);
    assert.match(send({ resourceNamesSubscribe: ["*"] }) ?? "", /wildcard/);
    assert.equal(send({ responseNonce: "1" }), null, "a later empty request is an acknowledgement");
  });

  it("answers an unknown name at once and remembers it", () => {
    const { send, take, set, state } = setup();
    send({ resourceNamesSubscribe: ["a"] });
    assert.deepEqual(take(), { nonce: "1", resources: [], removed: ["a"] });
    state.touch("a");
    assert.equal(take(), null, "still unknown: nothing to say again");
    set("a", "1");
    state.touch("a");
    assert.deepEqual(take()?.resources, ["a"]);
  });

  it("answers every re-subscription, changed or not", () => {
    const { send, take, set } = setup();
    set("a", "1");
    send({ resourceNamesSubscribe: ["a", "none"] });
    take();
    send({ resourceNamesSubscribe: ["a"] });
    assert.deepEqual(take()?.resources, ["a"]);
    send({ resourceNamesSubscribe: ["none"] });
    assert.deepEqual(take()?.removed, ["none"]);
  });

  it("keeps subscription changes of a request whose nonce is stale", () => {
    const { send, take, set, delivery } = setup();
    set("a", "1");
    set("b", "1");
    send({ resourceNamesSubscribe: ["a"] });
    take();
    send({ resourceNamesSubscribe: ["b"], responseNonce: "long-ago" });
    assert.deepEqual(take()?.resources, ["b"]);
    assert.equal(delivery("a")?.acked, null, "the stale nonce acknowledged nothing");
    send({ resourceNamesUnsubscribe: ["b"], responseNonce: "long-ago" });
    assert.equal(delivery("b"), undefined);
  });

  it("books acknowledgements and refusals by resource", () => {
    const { send, take, set, delivery, state } = setup();
    const good = set("good", "1");
    set("bad", "1");
    send({ resourceNamesSubscribe: ["good", "bad"] });
    const nonce = take()?.nonce;
    const details = [{ typeUrl: TYPE_URL.REJECTED, value: Buffer.from(RejectedResource.encode({ name: "bad", message: "no" }).finish()) }];
    send({ responseNonce: nonce, errorDetail: { code: 3, message: "bad: no", details } });
    assert.equal(delivery("good")?.acked, good);
    assert.equal(delivery("bad")?.acked, null);
    assert.equal(delivery("bad")?.nack?.message, "no");
    state.touch("bad");
    assert.equal(take(), null, "the same version is not sent again");
    const next = set("bad", "2");
    state.touch("bad");
    send({ responseNonce: take()?.nonce });
    assert.deepEqual([delivery("bad")?.acked, delivery("bad")?.nack], [next, null]);
  });

  it("takes a refusal without details, of a foreign client, as one of the whole response", () => {
    const { send, take, set, delivery } = setup();
    set("a", "1");
    set("b", "1");
    send({ resourceNamesSubscribe: ["a", "b"] });
    send({ responseNonce: take()?.nonce, errorDetail: { code: 3, message: "all wrong", details: [] } });
    assert.deepEqual([delivery("a")?.nack?.message, delivery("b")?.nack?.message], ["all wrong", "all wrong"]);
  });

  it("sends a reconnecting client only what differs, and what is gone", () => {
    const { send, take, set, delivery } = setup();
    const same = set("same", "1");
    set("changed", "2");
    send({
      resourceNamesSubscribe: ["same", "changed", "gone"],
      initialResourceVersions: { same, changed: "old", gone: "old", "gone-and-not-wanted": "old" },
    });
    const answer = take();
    assert.deepEqual(answer?.resources, ["changed"]);
    assert.deepEqual(answer?.removed.toSorted(), ["gone", "gone-and-not-wanted"]);
    assert.equal(delivery("same")?.acked, same);
  });

  it("answers an alias with the canonical resource, once, and follows its removal", () => {
    const { send, take, set, remove, state } = setup();
    set("ns/api:80", "1", ["api.ns:80"]);
    send({ resourceNamesSubscribe: ["api.ns:80", "ns/api:80"] });
    assert.deepEqual(take()?.resources, ["ns/api:80"]);
    remove("ns/api:80", "api.ns:80");
    state.touch("api.ns:80");
    state.touch("ns/api:80");
    assert.deepEqual(take()?.removed.toSorted(), ["api.ns:80", "ns/api:80"]);
  });

  it("coalesces to the latest version and stops while too much is unanswered", () => {
    const { send, take, set, state } = setup({ ...DEFAULT_STREAM_LIMITS, maxUnanswered: 1 });
    set("a", "1");
    send({ resourceNamesSubscribe: ["a"] });
    const first = take();
    for (const payload of ["2", "3", "4"]) {
      set("a", payload);
      state.touch("a");
    }
    assert.equal(take(), null, "one response is unanswered");
    send({ responseNonce: first?.nonce });
    assert.deepEqual(take()?.resources, ["a"]);
    assert.equal(take(), null);
  });

  it("splits what is too large for one response", () => {
    const { send, take, set } = setup({ ...DEFAULT_STREAM_LIMITS, responseBytes: 100 });
    for (const name of ["a", "b", "c"]) set(name, "x".repeat(90));
    send({ resourceNamesSubscribe: ["a", "b", "c"] });
    assert.deepEqual([take()?.resources, take()?.resources, take()?.resources, take()], [["a"], ["b"], ["c"], null]);
  });

  it("forgets what is unsubscribed", () => {
    const { send, take, set, state } = setup();
    set("a", "1");
    send({ resourceNamesSubscribe: ["a"] });
    take();
    send({ resourceNamesUnsubscribe: ["a"] });
    set("a", "2");
    state.touch("a");
    assert.equal(take(), null);
    assert.deepEqual([...state.status()], []);
  });
});
