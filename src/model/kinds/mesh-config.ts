import * as z from "zod";
import type { Violation } from "../../lib/errors.ts";
import { conditionsSchema } from "../conditions.ts";
import type { KindDescriptor } from "../kind.ts";
import type { KubeObject } from "../object.ts";

/** Traces begun where nothing says otherwise, percent of requests. */
export const DEFAULT_SAMPLING_PERCENT = 1;

const tracingSchema = z.strictObject({
  samplingPercent: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe(
      `Of how many in a hundred requests that come without a trace context a trace is begun, 0 to 100; default ${DEFAULT_SAMPLING_PERCENT}. ` +
        "A request that brings a context keeps what its caller decided.",
    ),
});

/** The mesh as a whole. Policies of `meshctl-system` attach to it to hold everywhere. */
export const meshConfigSchema = z.strictObject({
  spec: z
    .strictObject({ tracing: tracingSchema.optional().describe("Which requests are traced.") })
    .default({})
    .describe("Settings of the whole mesh; its other defaults are policies that target this object."),
  status: z.strictObject({ conditions: conditionsSchema.optional() }).optional().describe("What became of it."),
});

export type MeshConfig = KubeObject<z.output<typeof meshConfigSchema>["spec"], z.output<typeof meshConfigSchema>["status"]>;

/** Cluster-wide singleton. */
export const MESH_CONFIG_NAME = "default";

function validateMeshConfig(object: KubeObject): readonly Violation[] {
  if (object.metadata.name === MESH_CONFIG_NAME) return [];
  return [{ path: "metadata.name", message: `must be "${MESH_CONFIG_NAME}": there is one mesh, and one MeshConfig` }];
}

export const meshConfigKind = Object.freeze({
  group: "meshctl.dev",
  version: "v1alpha1",
  kind: "MeshConfig",
  plural: "meshconfigs",
  singular: "meshconfig",
  shortNames: ["mc"],
  categories: ["mesh"],
  namespaced: false,
  schema: meshConfigSchema,
  status: true,
  validate: validateMeshConfig,
  description: "The mesh as a whole: its settings, and what a policy targets to hold everywhere.",
} as const satisfies KindDescriptor);
