import type { KindDescriptor, PrinterColumn } from "./kind.ts";
import { servedVersions } from "./registry.ts";
import { type StructuralSchema, structuralSchemaOf } from "./structural-schema.ts";

/** apiextensions.k8s.io/v1, the part we write. */
export interface CustomResourceDefinition {
  apiVersion: "apiextensions.k8s.io/v1";
  kind: "CustomResourceDefinition";
  metadata: { name: string };
  spec: {
    group: string;
    names: { kind: string; listKind: string; plural: string; singular: string; shortNames?: string[]; categories?: string[] };
    scope: "Namespaced" | "Cluster";
    versions: CrdVersion[];
  };
}

interface CrdVersion {
  name: string;
  served: true;
  storage: boolean;
  schema: { openAPIV3Schema: StructuralSchema };
  subresources?: { status: object };
  additionalPrinterColumns?: (Omit<PrinterColumn, "priority"> & { priority: number })[];
}

/** The CustomResourceDefinition of a kind. Pure: the same descriptor gives the same value, ready for YAML. */
export function crdOf(kind: KindDescriptor): CustomResourceDefinition {
  const age: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since it was made." };
  const columns = [...(kind.columns ?? []), age].map((column) => ({ ...column, priority: column.priority ?? 0 }));
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.plural}.${kind.group}` },
    spec: {
      group: kind.group,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.singular,
        ...(kind.shortNames?.length ? { shortNames: [...kind.shortNames] } : {}),
        ...(kind.categories?.length ? { categories: [...kind.categories] } : {}),
      },
      scope: kind.namespaced ? "Namespaced" : "Cluster",
      versions: servedVersions(kind).map((name) => ({
        name,
        served: true,
        storage: name === kind.version,
        schema: { openAPIV3Schema: objectSchemaOf(kind) },
        ...(kind.status ? { subresources: { status: {} } } : {}),
        additionalPrinterColumns: columns,
      })),
    },
  };
}

/** Structural schema of whole objects of a kind: its own fields with apiVersion, kind and metadata in front. */
export function objectSchemaOf(kind: KindDescriptor): StructuralSchema {
  const body = structuralSchemaOf(kind.schema);
  return {
    ...body,
    description: kind.description,
    properties: {
      apiVersion: { type: "string", description: "Group and version of this schema." },
      kind: { type: "string", description: "Kind of the object." },
      metadata: { type: "object", description: "Name, namespace, labels, annotations." },
      ...body.properties,
    },
  };
}
