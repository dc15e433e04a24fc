import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import type { KindRegistry } from "../../model/registry.ts";
import type { Store } from "./store/contract.ts";

/** What every verb works with. */
export interface ApiContext {
  readonly store: Store;
  readonly kinds: KindRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly uuid: () => string;
}

/** RFC 3339 in whole seconds, as Kubernetes writes instants. */
export function timestamp(clock: Clock): string {
  return new Date(clock.nowMs()).toISOString().replace(/\.\d+Z$/, "Z");
}
