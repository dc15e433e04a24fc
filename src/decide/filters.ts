/** Policies of a message → filters in execution order, and the two ways filters act. */
import type { Random } from "../lib/random.ts";
import { messageOf } from "../lib/errors.ts";
import type { Policy } from "../messages/gen/meshctl/discovery/v1/discovery.ts";
import { CHAIN } from "../policies/chain.ts";
import type { Filter, FilterFactory, Refusal, RequestView } from "../policies/contract.ts";

export const NO_FILTERS: readonly Filter[] = Object.freeze([]);

/**
 * Compiles `policies` for one direction, in the order of the chain; policies of one kind keep theirs.
 * Throws with a reason for an unknown id, a policy of the other direction, and a config that cannot be
 * read: a policy that is not understood must not silently allow.
 */
export function compileFilters(policies: readonly Policy[], direction: "outbound" | "inbound"): readonly Filter[] {
  if (policies.length === 0) return NO_FILTERS;
  const placed = policies.map((policy) => {
    const place = CHAIN.findIndex((factory) => factory.id === policy.id);
    const factory: FilterFactory | undefined = CHAIN[place];
    if (factory === undefined) throw new Error(`policy ${policy.origin}: this proxy does not know the policy '${policy.id}'`);
    if (factory.direction !== "both" && factory.direction !== direction) {
      throw new Error(`policy ${policy.origin}: '${policy.id}' does not act on ${direction} requests`);
    }
    try {
      return { place, filter: factory.compile(policy.config, policy.origin) };
    } catch (error) {
      throw new Error(`policy ${policy.origin}: ${messageOf(error)}`, { cause: error });
    }
  });
  return placed.sort((a, b) => a.place - b.place).map(({ filter }) => filter);
}

/** How long the filters hold a request, in sum. NaN: one could not be evaluated, and {@link admission} must refuse. */
export function totalDelayMs(filters: readonly Filter[], request: RequestView, random: Random, nowMs: number): number {
  let totalMs = 0;
  for (let index = 0; index < filters.length; index += 1) {
    const filter = filters[index] as Filter;
    if (filter.delayMs === undefined) continue;
    try {
      totalMs += filter.delayMs(request, random, nowMs);
    } catch {
      return Number.NaN;
    }
  }
  return totalMs;
}

/** The first filter's no, or null. A filter that throws denies (invariant: never silently allow). */
export function admission(filters: readonly Filter[], request: RequestView, random: Random, nowMs: number): Refusal | null {
  for (let index = 0; index < filters.length; index += 1) {
    const filter = filters[index] as Filter;
    if (filter.admit === undefined) continue;
    try {
      const refusal = filter.admit(request, random, nowMs);
      if (refusal !== null) return refusal;
    } catch {
      return policyError(filter.origin);
    }
  }
  return null;
}

export function policyError(policy: string): Refusal {
  return { status: 500, reason: "policy-error", policy };
}
