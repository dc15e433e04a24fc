import * as z from "zod";
import type { KindDescriptor } from "../kind.ts";
import type { KubeObject } from "../object.ts";

export const namespaceSchema = z.strictObject({
  spec: z
    .strictObject({ finalizers: z.array(z.string()).max(16).optional().describe("Kept for clients that send it; not acted on.") })
    .optional()
    .describe("Nothing of ours."),
  status: z
    .strictObject({
      phase: z.enum(["Active", "Terminating"]).optional().describe("Terminating: its objects are being removed."),
      conditions: z.array(z.looseObject({})).max(16).optional().describe("Why it is not gone yet."),
    })
    .optional()
    .describe("Where it is in its life."),
});

export type Namespace = KubeObject<z.output<typeof namespaceSchema>["spec"], z.output<typeof namespaceSchema>["status"]>;

/** Labels of the namespace `name`: selectors find it by the one every namespace has. */
export function namespaceLabels(name: string, labels?: Record<string, string>): Record<string, string> {
  return { ...labels, "kubernetes.io/metadata.name": name };
}

export const namespaceKind = Object.freeze({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  singular: "namespace",
  shortNames: ["ns"],
  namespaced: false,
  schema: namespaceSchema,
  status: true,
  description: "A part of the mesh with names of its own; identities and policies belong to one.",
  columns: [{ name: "Status", type: "string", jsonPath: ".status.phase", description: "Active or Terminating." }],
} as const satisfies KindDescriptor);
