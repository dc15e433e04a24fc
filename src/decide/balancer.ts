/**
 * Default balancing: the better of two random endpoints (P2C), judged by peak-EWMA of answer time and
 * requests under way. Pure but for the state it keeps; time and randomness are arguments.
 */
import type { Random } from "../lib/random.ts";
import { type Endpoint, Health } from "../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { Balancer, EndpointState } from "./contract.ts";
import { EndpointLoad } from "./endpoint-load.ts";

export interface BalancerOptions {
  /** Lower is nearer; only the nearest rank with a usable endpoint gets traffic. Absent: all alike. */
  readonly rankOf?: (endpoint: Endpoint) => number;
}

/** Of two endpoints the first drawn is taken unless the other is better by this factor: noise must not decide. */
const MARKED = 2;

export function createBalancer(random: Random, options: BalancerOptions = {}): Balancer {
  return new P2cBalancer(random, options.rankOf ?? (() => 0));
}

class P2cBalancer implements Balancer {
  readonly #random: Random;
  readonly #rankOf: (endpoint: Endpoint) => number;
  #byKey = new Map<string, EndpointLoad>();
  /** In order of preference: ready ones by rank, then terminating ones by rank. */
  #tiers: Tier[] = [];
  states: readonly EndpointState[] = [];

  constructor(random: Random, rankOf: (endpoint: Endpoint) => number) {
    this.#random = random;
    this.#rankOf = rankOf;
  }

  pick(nowMs: number, excluded: readonly EndpointState[]): EndpointState | null {
    for (let index = 0; index < this.#tiers.length; index += 1) {
      const tier = this.#tiers[index] as Tier;
      const picked = excluded.length === 0 ? tier.pick(nowMs, this.#random) : tier.without(excluded)?.pick(nowMs, this.#random);
      if (picked) return picked;
    }
    // Nothing but excluded ones is left: better one of them again than none.
    return excluded.length > 0 && this.#tiers.length > 0 ? (this.#tiers[0] as Tier).pick(nowMs, this.#random) : null;
  }

  began(state: EndpointState, _nowMs: number): void {
    state.inFlight += 1;
  }

  ended(state: EndpointState, nowMs: number, rttMs: number, failed: boolean): void {
    state.inFlight -= 1;
    (state as EndpointLoad).observe(nowMs, rttMs, failed);
  }

  update(endpoints: readonly Endpoint[], nowMs: number): readonly EndpointState[] {
    const before = this.#byKey;
    const after = new Map<string, EndpointLoad>();
    for (const endpoint of endpoints) {
      const key = keyOf(endpoint);
      const load = after.get(key) ?? before.get(key) ?? new EndpointLoad(endpoint, nowMs);
      load.endpoint = endpoint;
      after.set(key, load);
    }
    this.#byKey = after;
    this.states = [...after.values()];
    this.#tiers = tiersOf([...after.values()], this.#rankOf);
    return [...before].filter(([key]) => !after.has(key)).map(([, load]) => load);
  }
}

/** Same place and same workload: the same endpoint. Another identity behind an address is another endpoint. */
function keyOf(endpoint: Endpoint): string {
  return `${endpoint.address} ${endpoint.port} ${endpoint.identity} ${endpoint.instance}`;
}

function tiersOf(loads: readonly EndpointLoad[], rankOf: (endpoint: Endpoint) => number): Tier[] {
  const byRank = new Map<number, EndpointLoad[]>();
  for (const load of loads) {
    // Terminating ones come after every rank of ready ones.
    const rank = rankOf(load.endpoint) + (load.endpoint.health === Health.TERMINATING ? 1e6 : 0);
    byRank.set(rank, [...(byRank.get(rank) ?? []), load]);
  }
  const tiers = [...byRank].sort(([a], [b]) => a - b).map(([, members]) => new Tier(members));
  for (const tier of tiers) tier.weigh();
  return tiers;
}

/** Endpoints that are as good as each other but for load and weight; never empty. */
class Tier {
  readonly #members: readonly EndpointLoad[];
  readonly #totalWeight: number;
  readonly #alike: boolean;

  constructor(members: readonly EndpointLoad[]) {
    this.#members = members;
    this.#totalWeight = members.reduce((sum, member) => sum + weightOf(member), 0);
    this.#alike = members.every((member) => weightOf(member) === weightOf(members[0] as EndpointLoad));
  }

  /** Tells each member how its weight compares with the others'. */
  weigh(): void {
    for (const member of this.#members) member.weight = (weightOf(member) * this.#members.length) / this.#totalWeight;
  }

  without(excluded: readonly EndpointState[]): Tier | null {
    const left = this.#members.filter((member) => !excluded.includes(member));
    return left.length > 0 ? new Tier(left) : null;
  }

  pick(nowMs: number, random: Random): EndpointLoad {
    const members = this.#members;
    if (members.length === 1) return members[0] as EndpointLoad;
    const one = this.#draw(random, -1);
    const other = this.#draw(random, one);
    const first = members[one] as EndpointLoad;
    const second = members[other] as EndpointLoad;
    return second.load(nowMs) * MARKED < first.load(nowMs) ? second : first;
  }

  /** Index of a member drawn by weight, never `not`. */
  #draw(random: Random, not: number): number {
    const members = this.#members;
    if (this.#alike) {
      const index = Math.floor(random() * (not === -1 ? members.length : members.length - 1));
      return not !== -1 && index >= not ? index + 1 : index;
    }
    let rest = random() * (this.#totalWeight - (not === -1 ? 0 : weightOf(members[not] as EndpointLoad)));
    let last = 0;
    for (let index = 0; index < members.length; index += 1) {
      if (index === not) continue;
      last = index;
      rest -= weightOf(members[index] as EndpointLoad);
      if (rest < 0) break;
    }
    return last;
  }
}

/** A weight nobody set arrives as 0. */
function weightOf(load: EndpointLoad): number {
  return load.endpoint.weight || 1;
}
