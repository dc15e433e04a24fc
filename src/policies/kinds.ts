import { CORE_KINDS } from "../model/core-kinds.ts";
import type { KindDescriptor } from "../model/kind.ts";
import { OPAQUE_KINDS } from "../model/opaque-kinds.ts";
import { createKindRegistry, type KindRegistry } from "../model/registry.ts";
import { faultInjectionKind } from "./fault/policy.ts";
import { httpRouteKind } from "./route/policy.ts";

/** Descriptors of every policy, one line each, in the order documents list them. */
export const POLICY_KINDS: readonly KindDescriptor[] = Object.freeze([httpRouteKind, faultInjectionKind]);

let registry: KindRegistry | undefined;

/** Every kind the system knows: who exists, policies, and Kubernetes kinds that are only stored. */
export function allKinds(): KindRegistry {
  registry ??= createKindRegistry([...CORE_KINDS, ...POLICY_KINDS, ...OPAQUE_KINDS]);
  return registry;
}
