import type { KindDescriptor } from "../../model/kind.ts";
import { faultInjectionSchema } from "./schema.ts";
import { validateFaultInjection } from "./validate.ts";

export const faultInjectionKind = Object.freeze({
  group: "meshctl.dev",
  version: "v1alpha1",
  kind: "FaultInjection",
  plural: "faultinjections",
  singular: "faultinjection",
  shortNames: ["fault", "fi"],
  categories: ["mesh", "policy"],
  namespaced: true,
  schema: faultInjectionSchema,
  status: true,
  validate: validateFaultInjection,
  description: "Makes a share of requests slow or fail on purpose, to see how callers bear it.",
  columns: [
    { name: "Targets", type: "string", jsonPath: ".spec.targetRefs[*].name", description: "What it is attached to." },
    { name: "Accepted", type: "string", jsonPath: ".status.conditions[?(@.type=='Accepted')].status", description: "Whether it holds." },
    { name: "Expires", type: "string", jsonPath: ".spec.expiresAt", description: "When it ends by itself." },
    {
      name: "Abort",
      type: "string",
      jsonPath: ".spec.rules[*].abort.percent",
      priority: 1,
      description: "Share of each rule that is aborted.",
    },
    { name: "Delay", type: "string", jsonPath: ".spec.rules[*].delay.fixed", priority: 1, description: "Delay of each rule." },
  ],
} as const satisfies KindDescriptor);
