import * as z from "zod";
import { BUILT_IN_TABLES } from "../../../model/built-in-tables.ts";
import type { KindDescriptor } from "../../../model/kind.ts";
import type { Condition, KubeObject } from "../../../model/object.ts";
import type { Violation } from "../../../lib/errors.ts";

const apiServiceSchema = z.strictObject({
  spec: z
    .strictObject({
      group: z.string().min(1).describe("API group it serves."),
      version: z.string().min(1).describe("Version of the group."),
      service: z
        .strictObject({
          namespace: z.string().min(1).describe("Namespace of the Service."),
          name: z.string().min(1).describe("Its name."),
          port: z.int().min(1).max(65535).default(443).describe("Its port."),
        })
        .nullish()
        .describe("Where requests go; absent: served here."),
      caBundle: z.string().nullish().describe("Roots its certificate chains to: PEM, base64."),
      insecureSkipTLSVerify: z.boolean().optional().describe("Whoever answers is believed."),
      groupPriorityMinimum: z.int().min(1).max(20_000).describe("Place of the group among groups; higher is earlier."),
      versionPriority: z.int().min(1).max(1_000).describe("Place of the version in its group; higher is earlier."),
    })
    .describe("A group and version of the API that somebody else serves."),
  status: z
    .looseObject({
      conditions: z
        .array(z.looseObject({ type: z.string() }))
        .max(16)
        .nullish(),
    })
    .optional()
    .describe("Whether it answers."),
});

export type ApiServiceSpec = z.output<typeof apiServiceSchema>["spec"];
export type ApiService = KubeObject<ApiServiceSpec, { readonly conditions?: readonly Condition[] | null }> & {
  readonly spec: ApiServiceSpec;
};

function violations(object: KubeObject): readonly Violation[] {
  const { metadata, spec } = object as ApiService;
  const found: Violation[] = [];
  if (metadata.name !== `${spec.version}.${spec.group}`) {
    const message = `Invalid value: ${JSON.stringify(metadata.name)}: must be \`spec.version+"."+spec.group\`: "${spec.version}.${spec.group}"`;
    found.push({ path: "metadata.name", message, reason: "FieldValueInvalid" });
  }
  if (spec.insecureSkipTLSVerify === true && spec.caBundle) {
    found.push({
      path: "spec.insecureSkipTLSVerify",
      message: "Invalid value: true: may not be true if caBundle is present",
      reason: "FieldValueInvalid",
    });
  }
  return found;
}

export const apiServiceKind = Object.freeze({
  group: "apiregistration.k8s.io",
  version: "v1",
  kind: "APIService",
  plural: "apiservices",
  singular: "apiservice",
  categories: ["api-extensions"],
  namespaced: false,
  schema: apiServiceSchema,
  status: true,
  validate: violations,
  description: "A group and version of the API that another server answers for.",
  ...(BUILT_IN_TABLES.APIService === undefined ? {} : { table: BUILT_IN_TABLES.APIService }),
} satisfies KindDescriptor);
