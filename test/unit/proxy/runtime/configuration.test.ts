import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EndpointState } from "../../../../src/decide/contract.ts";
import type { ReceivedResource } from "../../../../src/discovery/client/contract.ts";
import { Endpoints, Inbound, Outbound, ProxyConfig, Trust } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { TYPE_URL } from "../../../../src/messages/names.ts";
import { Configuration } from "../../../../src/proxy/runtime/configuration.ts";
import { formatConfiguration, parseConfiguration } from "../../../../src/proxy/runtime/saved-configuration.ts";
import { PausedClock } from "../../../support/paused-clock.ts";

const API = "default/api:80";
const V1 = "default/api-v1:80";
const V2 = "default/api-v2:80";

function setup() {
  const clock = new PausedClock(1_000_000);
  const wishes: string[] = [];
  const left: EndpointState[] = [];
  const events: string[] = [];
  const config = new Configuration({
    clock,
    random: () => 0.5,
    instance: "default/web",
    trustDomain: "cluster.local",
    self: { identity: "spiffe://cluster.local/ns/default/sa/web", namespace: "default", serviceAccount: "web", workload: "web" },
    endpointsLeft: (states) => left.push(...states),
    trustChanged: () => events.push("trust"),
    proxyConfigChanged: () => events.push("proxy-config"),
    inboundChanged: () => events.push("inbound"),
    changed: () => {},
  });
  const short = (typeUrl: string): string => typeUrl.slice(typeUrl.lastIndexOf(".") + 1);
  const subscriptions = {
    subscribe: (typeUrl: string, name: string, version?: string) =>
      void wishes.push(`+${short(typeUrl)} ${name}${version ? ` @${version}` : ""}`),
    unsubscribe: (typeUrl: string, name: string) => void wishes.push(`-${short(typeUrl)} ${name}`),
  };
  return { clock, config, wishes, left, events, subscriptions };
}

let version = 0;
function resource(name: string, bytes: Uint8Array): ReceivedResource {
  version += 1;
  return { name, version: `v${version}`, aliases: [], bytes };
}

function outbound(...backends: readonly string[]): Uint8Array {
  return Outbound.encode(
    Outbound.fromPartial({
      service: "default/api",
      port: 80,
      protocol: 1,
      meshed: true,
      routes:
        backends.length === 0
          ? []
          : [{ origin: "HTTPRoute/default/api-split", backends: backends.map((name) => ({ endpoints: name, weight: 1 })) }],
    }),
  ).finish();
}

function endpoints(...ports: readonly number[]): Uint8Array {
  return Endpoints.encode(Endpoints.fromPartial({ endpoints: ports.map((port) => ({ address: "127.0.0.1", port, health: 1 })) })).finish();
}

function give(config: Configuration, typeUrl: string, name: string, bytes: Uint8Array) {
  return config.apply({ typeUrl, resources: [resource(name, bytes)], removed: [] });
}

describe("a destination", () => {
  it("is subscribed to when traffic first asks, and given when its endpoints are there", () => {
    const { config, wishes, subscriptions } = setup();
    config.start(subscriptions);
    wishes.length = 0;
    const answers: (string | null)[] = [];
    config.resolveOutbound(API, (stack, reason) => answers.push(stack?.name ?? reason));
    config.resolveOutbound(API, (stack, reason) => answers.push(stack?.name ?? reason));
    assert.deepEqual(wishes, [`+Outbound ${API}`]);
    assert.deepEqual(give(config, TYPE_URL.OUTBOUND, API, outbound()), []);
    assert.deepEqual(wishes, [`+Outbound ${API}`, `+Endpoints ${API}`]);
    assert.deepEqual(answers, []);
    give(config, TYPE_URL.ENDPOINTS, API, endpoints(1));
    assert.deepEqual(answers, [API, API]);
    assert.equal(config.outbound(API)?.name, API);
    assert.equal(config.balancer(API)?.states.length, 1);
  });

  it("is waited for 1 s, then there is no configuration", () => {
    const { clock, config, subscriptions } = setup();
    config.start(subscriptions);
    const answers: (string | null)[] = [];
    config.resolveOutbound(API, (_stack, reason) => answers.push(reason));
    clock.advance(999);
    assert.deepEqual(answers, []);
    clock.advance(1);
    assert.deepEqual(answers, ["no-config"]);
  });

  it("that does not exist is known as such until it does", () => {
    const { config, subscriptions } = setup();
    config.start(subscriptions);
    const answers: (string | null)[] = [];
    const ask = (): void => config.resolveOutbound(API, (stack, reason) => answers.push(stack?.name ?? reason));
    ask();
    config.apply({ typeUrl: TYPE_URL.OUTBOUND, resources: [], removed: [API] });
    ask();
    assert.deepEqual(answers, ["unknown-destination", "unknown-destination"]);
    give(config, TYPE_URL.OUTBOUND, API, outbound());
    give(config, TYPE_URL.ENDPOINTS, API, endpoints(1));
    ask();
    assert.equal(answers.at(-1), API);
  });

  it("changes only when every new backend's endpoints are there (make before break)", () => {
    const { config, wishes, left, subscriptions } = setup();
    config.start(subscriptions);
    config.resolveOutbound(API, () => {});
    give(config, TYPE_URL.OUTBOUND, API, outbound());
    give(config, TYPE_URL.ENDPOINTS, API, endpoints(1));
    const before = config.outbound(API);
    give(config, TYPE_URL.OUTBOUND, API, outbound(V1, V2));
    give(config, TYPE_URL.ENDPOINTS, V1, endpoints(2));
    assert.equal(config.outbound(API), before);
    assert.ok(!wishes.includes(`-Endpoints ${API}`));
    give(config, TYPE_URL.ENDPOINTS, V2, endpoints(3));
    assert.deepEqual(config.outbound(API)?.endpointNames, [V1, V2]);
    assert.ok(wishes.includes(`-Endpoints ${API}`));
    assert.deepEqual(
      left.map(({ endpoint }) => endpoint.port),
      [1],
    );
  });

  it("changes after 5 s even so", () => {
    const { clock, config, subscriptions } = setup();
    config.start(subscriptions);
    config.resolveOutbound(API, () => {});
    give(config, TYPE_URL.OUTBOUND, API, outbound());
    give(config, TYPE_URL.ENDPOINTS, API, endpoints(1));
    give(config, TYPE_URL.OUTBOUND, API, outbound(V1));
    clock.advance(4_999);
    assert.deepEqual(config.outbound(API)?.endpointNames, [API]);
    clock.advance(1);
    assert.deepEqual(config.outbound(API)?.endpointNames, [V1]);
  });

  it("is dropped when idle; a pinned one stays, an unknown one goes sooner", () => {
    const { clock, config, wishes, subscriptions } = setup();
    config.pin("default/pinned:1");
    config.start(subscriptions);
    config.resolveOutbound(API, () => {});
    config.resolveOutbound("default/nobody:1", () => {});
    give(config, TYPE_URL.OUTBOUND, API, outbound());
    give(config, TYPE_URL.ENDPOINTS, API, endpoints(1));
    config.apply({ typeUrl: TYPE_URL.OUTBOUND, resources: [], removed: ["default/nobody:1"] });
    clock.advance(61_000);
    assert.ok(wishes.includes("-Outbound default/nobody:1"));
    assert.ok(!wishes.includes(`-Outbound ${API}`));
    config.outbound(API);
    clock.advance(590_000);
    assert.ok(!wishes.includes(`-Outbound ${API}`), "it was used meanwhile");
    clock.advance(60_000);
    assert.ok(wishes.includes(`-Outbound ${API}`));
    assert.ok(wishes.includes(`-Endpoints ${API}`));
    assert.ok(!wishes.some((wish) => wish.startsWith("-Outbound default/pinned")));
  });

  it("makes room for others beyond 10,000: the one used longest ago goes", () => {
    const { config, wishes, subscriptions } = setup();
    config.start(subscriptions);
    for (let index = 0; index <= 10_000; index += 1) config.resolveOutbound(`default/s${index}:80`, () => {});
    assert.equal(config.destinations.length, 10_000);
    assert.ok(wishes.includes("-Outbound default/s0:80"));
    config.close();
  });
});

describe("a bad resource", () => {
  it("is refused by name with a reason, the good ones of the same answer are applied, the last good one stays", () => {
    const { config, subscriptions } = setup();
    config.start(subscriptions);
    for (const name of [API, V1]) config.resolveOutbound(name, () => {});
    give(config, TYPE_URL.OUTBOUND, API, outbound());
    give(config, TYPE_URL.ENDPOINTS, API, endpoints(1));
    const good = config.outbound(API);
    const unknownPolicy = Outbound.encode(
      Outbound.fromPartial({ service: "default/api", port: 80, protocol: 1, policies: [{ id: "nonsense", origin: "X/y/z" }] }),
    ).finish();
    const rejections = config.apply({
      typeUrl: TYPE_URL.OUTBOUND,
      resources: [resource(API, unknownPolicy), resource(V1, outbound())],
      removed: [],
    });
    assert.deepEqual(
      rejections.map(({ name }) => name),
      [API],
    );
    assert.match(rejections[0]?.message ?? "", /nonsense/);
    assert.equal(config.outbound(API), good);
    give(config, TYPE_URL.ENDPOINTS, V1, endpoints(1));
    assert.equal(config.outbound(V1)?.name, V1);
  });

  it("of every type is refused without a throw", () => {
    const { config, events, subscriptions } = setup();
    config.start(subscriptions);
    const junk = Buffer.from([0xff, 0xff, 0xff, 0xff]);
    for (const typeUrl of [
      TYPE_URL.INBOUND,
      TYPE_URL.OUTBOUND,
      TYPE_URL.ENDPOINTS,
      TYPE_URL.TRUST,
      TYPE_URL.PROXY_CONFIG,
      "type.googleapis.com/x.Y",
    ]) {
      assert.equal(give(config, typeUrl, "x", junk).length, 1, typeUrl);
    }
    assert.equal(
      give(config, TYPE_URL.TRUST, "cluster.local", Trust.encode(Trust.fromPartial({ trustDomain: "cluster.local" })).finish()).length,
      1,
    );
    assert.equal(give(config, TYPE_URL.ENDPOINTS, "x", endpoints(70_000)).length, 1);
    assert.deepEqual(events, []);
  });

  it("never takes Inbound away: what was good goes on when the controller says it is gone", () => {
    const { config, events, subscriptions } = setup();
    config.start(subscriptions);
    give(
      config,
      TYPE_URL.INBOUND,
      "default/web",
      Inbound.encode(Inbound.fromPartial({ ports: [{ port: 8080, protocol: 1, mtls: 1 }] })).finish(),
    );
    config.apply({ typeUrl: TYPE_URL.INBOUND, resources: [], removed: ["default/web"] });
    assert.equal(config.inbound(8080)?.mtls, 1);
    give(config, TYPE_URL.PROXY_CONFIG, "default/web", ProxyConfig.encode(ProxyConfig.fromPartial({ logLevel: "debug" })).finish());
    assert.deepEqual(events, ["inbound", "proxy-config"]);
  });
});

describe("saved configuration", () => {
  it("is in force again before anything is connected, and asked for with its versions", () => {
    const first = setup();
    first.config.start(first.subscriptions);
    first.config.resolveOutbound(API, () => {});
    give(first.config, TYPE_URL.ENDPOINTS, "default/stranger:1", endpoints(9));
    give(first.config, TYPE_URL.OUTBOUND, API, outbound(V1));
    give(first.config, TYPE_URL.ENDPOINTS, V1, endpoints(1, 2));
    give(
      first.config,
      TYPE_URL.INBOUND,
      "default/web",
      Inbound.encode(Inbound.fromPartial({ ports: [{ port: 8080, protocol: 1, mtls: 1 }] })).finish(),
    );
    const text = formatConfiguration(first.config.resources.entries());

    const second = setup();
    second.config.restore(parseConfiguration(text));
    assert.deepEqual(second.config.outbound(API)?.endpointNames, [V1]);
    assert.equal(second.config.balancer(V1)?.states.length, 2);
    assert.equal(second.config.inbound(8080)?.port, 8080);
    second.config.start(second.subscriptions);
    assert.ok(
      second.wishes.some((wish) => /^\+Outbound default\/api:80 @v\d+$/.test(wish)),
      second.wishes.join(),
    );
    assert.ok(second.wishes.some((wish) => /^\+Endpoints default\/api-v1:80 @v\d+$/.test(wish)));
    assert.ok(second.wishes.some((wish) => /^\+Inbound default\/web @v\d+$/.test(wish)));
  });

  it("that is damaged is no configuration", () => {
    assert.deepEqual(parseConfiguration(null), []);
    assert.deepEqual(parseConfiguration("{"), []);
    assert.deepEqual(parseConfiguration('{"a":1}'), []);
  });

  it("is bounded: what proxies cannot do without comes first", () => {
    const big = Buffer.alloc(5 * 1024 * 1024);
    const entries = [1, 2, 3, 4].map((index) => [TYPE_URL.OUTBOUND, resource(`default/s${index}:80`, big)] as const);
    const text = formatConfiguration([...entries, [TYPE_URL.INBOUND, resource("default/web", Buffer.alloc(10))]]);
    assert.ok(text.length < 16 * 1024 * 1024);
    assert.deepEqual(
      parseConfiguration(text).map(([, { name }]) => name),
      ["default/web", "default/s1:80", "default/s2:80"],
    );
  });
});
