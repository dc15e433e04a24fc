/**
 * Every policy that acts on a request, in the order in which they act. One line each: to join, a policy
 * adds its filter here, its translation to catalog.ts and its descriptor to kinds.ts.
 */
import { authorizationFilter } from "./authorization/filter.ts";
import { faultFilter } from "./fault/filter.ts";
import type { FilterFactory } from "./contract.ts";

export const CHAIN = Object.freeze([
  // Who may not ask at all hears nothing of what the others would have answered.
  authorizationFilter,
  // Faults stand in for a service that misbehaves, so nothing that would hide them comes before.
  faultFilter,
] as const satisfies readonly FilterFactory[]);
