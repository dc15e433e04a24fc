import * as z from "zod";
import type { Condition, KubeObject } from "../../../model/object.ts";

const names = z.strictObject({
  plural: z.string().describe("Word in URLs."),
  singular: z.string().optional().describe("Word for one; the kind in lower case when absent."),
  shortNames: z.array(z.string()).max(32).optional().describe("Further words for command lines."),
  kind: z.string().describe("CamelCase word in manifests."),
  listKind: z.string().optional().describe("Kind of its lists; the kind and List when absent."),
  categories: z.array(z.string()).max(32).optional().describe("Groups of kinds it is listed with: all."),
});

const column = z.strictObject({
  name: z.string().describe("Heading."),
  type: z.enum(["integer", "number", "string", "boolean", "date"]).describe("How the value is shown."),
  format: z.string().optional().describe("OpenAPI format of the type."),
  description: z.string().optional().describe("What it shows."),
  priority: z.int().min(0).optional().describe("0: always shown; more: only with -o wide."),
  jsonPath: z.string().describe("Where the value is found."),
});

const scale = z.strictObject({
  specReplicasPath: z.string().describe("Where the wanted number stands."),
  statusReplicasPath: z.string().describe("Where the present number stands."),
  labelSelectorPath: z.string().optional().describe("Where the selector of the pods stands."),
});

const version = z.strictObject({
  name: z.string().describe("v1, v1beta1."),
  served: z.boolean().describe("Whether clients may use it."),
  storage: z.boolean().describe("Whether objects are kept under it; true for exactly one."),
  deprecated: z.boolean().optional().describe("Whoever uses it is warned."),
  deprecationWarning: z.string().max(256).optional().describe("The warning."),
  schema: z
    .strictObject({ openAPIV3Schema: z.record(z.string(), z.unknown()).optional().describe("A structural schema.") })
    .optional()
    .describe("What its objects are."),
  subresources: z
    .strictObject({
      status: z.looseObject({}).optional().describe("Status is written apart from the rest."),
      scale: scale.optional().describe("It can be scaled."),
    })
    .optional()
    .describe("What stands under its objects' URLs."),
  additionalPrinterColumns: z.array(column).max(64).optional().describe("What kubectl get shows beside the name."),
  selectableFields: z
    .array(z.strictObject({ jsonPath: z.string().describe("A field of a plain type.") }))
    .max(8)
    .optional()
    .describe("Fields that field selectors may name."),
});

const condition = z.looseObject({ type: z.string(), status: z.string() });

export const definitionSchema = z.strictObject({
  spec: z
    .strictObject({
      group: z.string().describe("API group; a DNS name."),
      names: names.describe("What its objects are called."),
      scope: z.enum(["Namespaced", "Cluster"]).describe("Whether they lie in namespaces."),
      versions: z.array(version).min(1).max(32).describe("Versions and their schemas."),
      conversion: z
        .strictObject({
          strategy: z.enum(["None", "Webhook"]).describe("None: only apiVersion changes."),
          webhook: z.unknown().optional().describe("Not supported."),
        })
        .default({ strategy: "None" })
        .describe("How objects go from version to version."),
      preserveUnknownFields: z.boolean().optional().describe("Must be false: fields that no schema names are pruned."),
    })
    .describe("The kind that is defined."),
  status: z
    .strictObject({
      conditions: z.array(condition).max(32).nullish().describe("NamesAccepted, Established, Terminating."),
      acceptedNames: z.looseObject({}).optional().describe("Names in use."),
      storedVersions: z.array(z.string()).max(32).nullish().describe("Versions under which objects were ever kept."),
    })
    .optional()
    .describe("Whether it is served."),
});

export type DefinitionSpec = z.output<typeof definitionSchema>["spec"];
export type DefinitionVersion = DefinitionSpec["versions"][number];
export interface DefinitionStatus {
  readonly conditions?: readonly Condition[] | null;
  readonly acceptedNames?: Readonly<Record<string, unknown>>;
  readonly storedVersions?: readonly string[] | null;
}
export type Definition = KubeObject<DefinitionSpec, DefinitionStatus>;
