import { createBalancer } from "../../src/decide/balancer.ts";
import type { EndpointState } from "../../src/decide/contract.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { endpoint } from "../unit/decide/messages.ts";
import { micro } from "./micro.ts";

for (const [count, heavy] of [
  [1, 1],
  [3, 1],
  [100, 1],
  [3, 5],
  [100, 5],
] as const) {
  const balancer = createBalancer(seededRandom(1));
  balancer.update(
    Array.from({ length: count }, (_, index) => endpoint(index + 1, { weight: index === 0 ? heavy : 1 })),
    0,
  );
  micro(`pick, began, ended: ${count} endpoints${heavy > 1 ? ", weights differ" : ""}`, (index) => {
    const nowMs = index / 20;
    const state = balancer.pick(nowMs, []) as EndpointState;
    balancer.began(state, nowMs);
    balancer.ended(state, nowMs, 1 + (index & 7), false);
    return state;
  });
}
