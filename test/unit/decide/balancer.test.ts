import assert from "node:assert/strict";
import { test } from "node:test";
import { createBalancer } from "../../../src/decide/balancer.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { Health, type Endpoint } from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import type { Balancer, EndpointState } from "../../../src/decide/contract.ts";
import { endpoint } from "./messages.ts";

/** Plays `numbers` over and over. */
function cycle(...numbers: number[]): () => number {
  let next = 0;
  return () => numbers[next++ % numbers.length] as number;
}

function balancerOf(random: () => number, ...endpoints: Endpoint[]): Balancer {
  const balancer = createBalancer(random);
  balancer.update(endpoints, 0);
  return balancer;
}

function port(state: EndpointState | null): number | undefined {
  return state?.endpoint.port;
}

/** Answers `rttMs` so often that the estimate settles. */
function settle(balancer: Balancer, state: EndpointState | undefined, rttMs: number, nowMs = 0): void {
  assert.ok(state);
  for (let index = 0; index < 10; index += 1) {
    balancer.began(state, nowMs);
    balancer.ended(state, nowMs, rttMs, false);
  }
}

/** Draws (two a pick) and what is picked of three endpoints with costs 10, 10 and 100. */
const PICKS: readonly (readonly [first: number, second: number, picked: number])[] = [
  [0.0, 0.0, 1], // pair 1,2: alike, the first drawn
  [0.4, 0.0, 2], // pair 2,1
  [0.0, 0.9, 1], // pair 1,3
  [0.9, 0.0, 1], // pair 3,1: the second is far better
  [0.9, 0.9, 2], // pair 3,2
  [0.4, 0.9, 2], // pair 2,3
];

for (const [first, second, picked] of PICKS) {
  test(`draws ${first} and ${second} pick endpoint ${picked}`, () => {
    const balancer = balancerOf(cycle(first, second), endpoint(1), endpoint(2), endpoint(3));
    for (const [index, rttMs] of [10, 10, 100].entries()) settle(balancer, balancer.states[index], rttMs);
    assert.equal(port(balancer.pick(0, [])), picked);
  });
}

test("requests under way count", () => {
  const balancer = balancerOf(cycle(0, 0), endpoint(1), endpoint(2));
  for (const state of balancer.states) settle(balancer, state, 10);
  const [one] = balancer.states;
  assert.ok(one);
  balancer.began(one, 0);
  assert.equal(port(balancer.pick(0, [])), 1, "twice as much is not marked");
  balancer.began(one, 0);
  assert.equal(port(balancer.pick(0, [])), 2);
});

test("an endpoint never tried is tried next, and not flooded while it has not answered", () => {
  const balancer = balancerOf(cycle(0, 0), endpoint(1));
  settle(balancer, balancer.states[0], 10);
  balancer.update([endpoint(1), endpoint(2)], 0);
  const fresh = balancer.pick(0, []);
  assert.equal(port(fresh), 2);
  balancer.began(fresh as EndpointState, 0);
  assert.equal(port(balancer.pick(0, [])), 1);
});

test("a failure weighs more than a fast answer, and is forgotten with time", () => {
  const balancer = balancerOf(cycle(0, 0), endpoint(1), endpoint(2));
  for (const state of balancer.states) settle(balancer, state, 5);
  const [one, two] = balancer.states;
  assert.ok(one && two);
  balancer.began(one, 0);
  balancer.ended(one, 0, 0.1, true);
  assert.equal(port(balancer.pick(0, [])), 2);
  // The other keeps answering; after a minute the failed one is worth another try.
  for (let nowMs = 0; nowMs <= 60_000; nowMs += 1_000) {
    balancer.began(two, nowMs);
    balancer.ended(two, nowMs, 5, false);
  }
  assert.equal(port(balancer.pick(60_000, [])), 1);
});

test("a fast failure does not make a slow endpoint look quick", () => {
  const balancer = balancerOf(cycle(0, 0), endpoint(1), endpoint(2));
  const [one, two] = balancer.states;
  assert.ok(one && two);
  settle(balancer, one, 5_000);
  settle(balancer, two, 1_800);
  balancer.began(one, 0);
  balancer.ended(one, 0, 1, true);
  assert.equal(port(balancer.pick(0, [])), 2);
});

test("nothing usable is null, one is always that one", () => {
  const balancer = balancerOf(cycle(0.5));
  assert.equal(balancer.pick(0, []), null);
  balancer.update([endpoint(1)], 0);
  assert.equal(port(balancer.pick(0, [])), 1);
});

test("excluded ones only when nothing else is left", () => {
  const balancer = balancerOf(seededRandom(1), endpoint(1), endpoint(2), endpoint(3, { health: Health.TERMINATING }));
  const [one, two, three] = balancer.states;
  assert.ok(one && two && three);
  for (let index = 0; index < 20; index += 1) assert.equal(port(balancer.pick(0, [one])), 2);
  assert.equal(port(balancer.pick(0, [one, two])), 3);
  assert.notEqual(port(balancer.pick(0, [one, two, three])), 3);
});

test("terminating endpoints come last, whatever their rank", () => {
  const balancer = createBalancer(seededRandom(2), { rankOf: ({ zone }) => (zone === "near" ? 0 : 1) });
  balancer.update(
    [endpoint(1, { zone: "near", health: Health.TERMINATING }), endpoint(2, { zone: "far" }), endpoint(3, { zone: "near" })],
    0,
  );
  assert.equal(port(balancer.pick(0, [])), 3);
  balancer.update([endpoint(1, { zone: "near", health: Health.TERMINATING }), endpoint(2, { zone: "far" })], 0);
  assert.equal(port(balancer.pick(0, [])), 2);
  balancer.update([endpoint(1, { zone: "near", health: Health.TERMINATING })], 0);
  assert.equal(port(balancer.pick(0, [])), 1);
});

test("an update keeps what is known of endpoints that stay and returns those that left", () => {
  const balancer = balancerOf(cycle(0, 0), endpoint(1), endpoint(2));
  const [one, two] = balancer.states;
  assert.ok(one && two);
  balancer.began(one, 0);
  const left = balancer.update([endpoint(1, { health: Health.TERMINATING }), endpoint(2, { identity: "spiffe://other" })], 5);
  assert.equal(balancer.states[0], one);
  assert.equal(one.endpoint.health, Health.TERMINATING);
  assert.equal(one.inFlight, 1);
  assert.deepEqual(left, [two], "another identity at the same address is another endpoint");
  assert.notEqual(balancer.states[1], two);
  balancer.ended(two, 6, 1, false);
});

/** `count` requests over endpoints that take `rttsMs`, so many at a time; returns each one's share. Virtual time. */
function shares(rttsMs: readonly number[], concurrency: number, count: number, weights: readonly number[] = []): number[] {
  const noise = seededRandom(11);
  const balancer = createBalancer(seededRandom(concurrency));
  balancer.update(
    rttsMs.map((_, index) => endpoint(index + 1, { weight: weights[index] ?? 1 })),
    0,
  );
  const got = rttsMs.map(() => 0);
  const underWay: { state: EndpointState; startMs: number; endMs: number }[] = [];
  let nowMs = 0;
  for (let sent = 0; sent < count; sent += 1) {
    if (underWay.length === concurrency) {
      underWay.sort((a, b) => a.endMs - b.endMs);
      const done = underWay.shift() as (typeof underWay)[number];
      nowMs = done.endMs;
      balancer.ended(done.state, nowMs, nowMs - done.startMs, false);
    }
    const state = balancer.pick(nowMs, []) as EndpointState;
    const index = state.endpoint.port - 1;
    got[index] = (got[index] ?? 0) + 1;
    balancer.began(state, nowMs);
    // Between a fifth of the mean and a long tail.
    const rttMs = (rttsMs[index] ?? 0) * (0.2 - 0.8 * Math.log(1 - noise()));
    underWay.push({ state, startMs: nowMs, endMs: nowMs + rttMs });
  }
  return got.map((requests) => requests / count);
}

for (const concurrency of [1, 8, 64]) {
  test(`${concurrency} at a time: of three endpoints one ten times slower gets under 10 %`, () => {
    const [one = 0, two = 0, slow = 0] = shares([5, 5, 50], concurrency, 6_000);
    assert.ok(slow < 0.1, `${slow}`);
    assert.ok(Math.abs(one - two) < 0.08, `${one} ${two}`);
  });

  test(`${concurrency} at a time: equal endpoints get equal shares`, () => {
    for (const share of shares([5, 5, 5], concurrency, 6_000)) assert.ok(Math.abs(share - 1 / 3) < 0.06, `${share}`);
  });

  test(`${concurrency} at a time: weights order the shares`, () => {
    const [one = 0, two = 0, heavy = 0] = shares([5, 5, 5], concurrency, 6_000, [1, 1, 8]);
    assert.ok(heavy > 0.55 && one < 0.25 && two < 0.25, `${one} ${two} ${heavy}`);
  });
}

test("with nothing else to tell them apart, shares are the weights'", () => {
  const random = seededRandom(3);
  const balancer = createBalancer(random);
  balancer.update([endpoint(1, { weight: 1 }), endpoint(2, { weight: 3 }), endpoint(3, { weight: 0 })], 0);
  for (const state of balancer.states) settle(balancer, state, 10);
  const count = 10_000;
  const got = [0, 0, 0];
  for (let index = 0; index < count; index += 1) {
    const at = (port(balancer.pick(0, [])) ?? 0) - 1;
    got[at] = (got[at] ?? 0) + 1;
  }
  for (const [index, share] of [0.2, 0.6, 0.2].entries()) {
    assert.ok(Math.abs((got[index] ?? 0) / count - share) <= 4 * Math.sqrt((share * (1 - share)) / count), `${got}`);
  }
});
