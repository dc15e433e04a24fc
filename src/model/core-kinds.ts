import type { KindDescriptor } from "./kind.ts";
import { endpointSliceKind } from "./kinds/endpoint-slice.ts";
import { meshConfigKind } from "./kinds/mesh-config.ts";
import { namespaceKind } from "./kinds/namespace.ts";
import { serviceKind } from "./kinds/service.ts";
import { workloadKind } from "./kinds/workload.ts";

/** Kinds with complete schemas that are not policies: who exists. Policies stand in src/policies/kinds.ts. */
export const CORE_KINDS: readonly KindDescriptor[] = Object.freeze([
  namespaceKind,
  serviceKind,
  endpointSliceKind,
  workloadKind,
  meshConfigKind,
]);
