import type { KindDescriptor, TableColumn } from "../../../model/kind.ts";
import { definitionSchema } from "./definition-schema.ts";
import { changeErrors, definitionErrors, definitionWarnings } from "./rules.ts";

const NAME: TableColumn = {
  name: "Name",
  type: "string",
  format: "name",
  description: "Name of the object.",
  cell: ({ metadata }) => metadata.name,
};
const CREATED: TableColumn = {
  name: "Created At",
  type: "date",
  description: "Instant it was made.",
  cell: ({ metadata }) => metadata.creationTimestamp ?? null,
};

/** apiextensions.k8s.io/v1 CustomResourceDefinition, judged as API servers do. */
export const definitionKind = Object.freeze({
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  singular: "customresourcedefinition",
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  namespaced: false,
  schema: definitionSchema,
  status: true,
  validate: definitionErrors,
  validateUpdate: changeErrors,
  warnings: definitionWarnings,
  table: [NAME, CREATED],
  description: "A kind that is registered while the API runs.",
} as const satisfies KindDescriptor);
