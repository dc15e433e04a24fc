import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ClientSubscriptions } from "../../../src/discovery/client/subscriptions.ts";
import { encodeResource, type EncodedResource } from "../../../src/discovery/resource.ts";
import type { DeliveryCounters, Subscriber } from "../../../src/discovery/server/contract.ts";
import { DEFAULT_STREAM_LIMITS } from "../../../src/discovery/server/contract.ts";
import { DeltaStream } from "../../../src/discovery/server/stream.ts";
import { DeltaDiscoveryRequest, DeltaDiscoveryResponse, Node } from "../../../src/messages/gen/envoy/service/discovery/v3/ads.ts";

const TYPE = "type/T";
const node = Node.fromPartial({ id: "ns/i" });
const name = fc.constantFrom("a", "b");
/** `x…` payloads cannot be applied. */
const payload = fc.constantFrom("1", "2", "x1", "x2");

const command = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), name, payload }),
  fc.record({ kind: fc.constant("delete" as const), name }),
  fc.record({ kind: fc.constant("subscribe" as const), name }),
  fc.record({ kind: fc.constant("unsubscribe" as const), name }),
  fc.record({ kind: fc.constant("resubscribe" as const), name }),
  fc.record({ kind: fc.constant("deliver" as const), responses: fc.nat(4) }),
  fc.record({ kind: fc.constant("answer" as const), answers: fc.nat(4) }),
  fc.record({ kind: fc.constant("reconnect" as const) }),
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** Server, wire and client without sockets: messages wait in two queues until a command moves them. */
class World {
  readonly table = new Map<string, EncodedResource>();
  readonly client = new ClientSubscriptions();
  readonly wanted = new Set<string>();
  readonly held = new Map<string, string>();
  upward: Uint8Array[] = [];
  stream = this.newStream();
  introduced = false;

  newStream(): DeltaStream {
    const counters: DeliveryCounters = { responses: 0, resources: 0, removals: 0, acks: 0, nacks: 0, refused: 0 };
    return new DeltaStream({
      peer: {} as Subscriber["peer"],
      source: { lookup: (_type, key) => this.table.get(key) ?? null },
      authorise: () => null,
      limits: { ...DEFAULT_STREAM_LIMITS, maxUnanswered: 2 },
      order: [],
      listener: { subscribed() {}, unsubscribed() {} },
      counters,
    });
  }

  say(): void {
    for (const request of this.client.requests(this.introduced ? undefined : node)) {
      this.introduced = true;
      this.upward.push(DeltaDiscoveryRequest.encode(request).finish());
    }
  }

  answer(limit: number): void {
    for (const message of this.upward.splice(0, limit)) assert.equal(this.stream.receive(message, 1), null);
  }

  deliver(limit: number): number {
    for (let count = 0; count < limit; count += 1) {
      const bytes = this.stream.take(1);
      if (bytes === null) return count;
      const response = DeltaDiscoveryResponse.decode(bytes);
      const rejections = [];
      for (const resource of response.resources) {
        const text = resource.resource?.value.toString() ?? "";
        if (text.startsWith("x")) rejections.push({ name: resource.name, message: "not valid" });
        else if (this.wanted.has(resource.name)) this.held.set(resource.name, text);
      }
      for (const removed of response.removedResources) this.held.delete(removed);
      this.upward.push(DeltaDiscoveryRequest.encode(this.client.answer(response, rejections)).finish());
    }
    return limit;
  }

  reconnect(): void {
    this.upward = [];
    this.introduced = false;
    this.stream = this.newStream();
    this.client.begin();
    this.say();
  }

  run(next: Command): void {
    switch (next.kind) {
      case "set":
        this.table.set(next.name, encodeResource(TYPE, next.name, [], Buffer.from(next.payload)));
        return this.stream.touch(TYPE, next.name);
      case "delete":
        this.table.delete(next.name);
        return this.stream.touch(TYPE, next.name);
      case "subscribe":
        this.wanted.add(next.name);
        this.client.subscribe(TYPE, next.name);
        return this.say();
      case "unsubscribe":
        this.wanted.delete(next.name);
        this.held.delete(next.name);
        this.client.unsubscribe(TYPE, next.name);
        return this.say();
      case "resubscribe":
        this.client.resubscribe(TYPE, [next.name]);
        return this.say();
      case "deliver":
        this.deliver(next.responses);
        return;
      case "answer":
        return this.answer(next.answers);
      case "reconnect":
        return this.reconnect();
    }
  }

  settle(): void {
    for (let round = 0; round < 50; round += 1) {
      this.answer(Number.MAX_SAFE_INTEGER);
      if (this.deliver(10) === 0 && this.upward.length === 0) return;
    }
    assert.fail("does not come to rest");
  }
}

describe("discovery, whatever happens on the way", () => {
  it("comes to rest with every subscribed name at the server's state, or at the last state that could be applied", () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 10, maxLength: 80, size: "max" }), (commands) => {
        const world = new World();
        for (const next of commands) world.run(next);
        world.settle();
        for (const wanted of world.wanted) {
          const resource = world.table.get(wanted);
          const held = world.held.get(wanted);
          if (resource === undefined) assert.equal(held, undefined, `${wanted} is gone`);
          else {
            const text = textOf(resource);
            if (text.startsWith("x")) assert.ok(held === undefined || !held.startsWith("x"), `${wanted} is the last good one`);
            else assert.equal(held, text, wanted);
          }
        }
        for (const held of world.held.keys()) assert.ok(world.wanted.has(held));
        for (const delivery of world.stream.status()) {
          if (delivery.nack === null) assert.equal(delivery.acked, delivery.version, "everything is answered");
        }
      }),
      { numRuns: 5_000, seed: 20_261_121 },
    );
  });

  it("keeps the last good state under a stream of bad ones, also across a reconnection", () => {
    const world = new World();
    world.run({ kind: "subscribe", name: "a" });
    world.run({ kind: "set", name: "a", payload: "1" });
    world.settle();
    for (const bad of ["x1", "x2"] as const) {
      world.run({ kind: "set", name: "a", payload: bad });
      world.settle();
      world.reconnect();
      world.settle();
      assert.equal(world.held.get("a"), "1");
    }
  });
});

function textOf(resource: EncodedResource): string {
  const response = DeltaDiscoveryResponse.decode(Buffer.concat([Buffer.from([0x12, resource.bytes.length]), resource.bytes]));
  return response.resources[0]?.resource?.value.toString() ?? "";
}
