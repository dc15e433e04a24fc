import type * as z from "zod";
import type { Violation } from "../lib/errors.ts";
import type { KubeObject } from "./object.ts";

/**
 * Everything the system knows about one kind: the one source of its TypeScript type, defaults,
 * validation, CRD and documentation. A frozen value; src/policies/kinds.ts and src/model/kinds list them.
 */
export interface KindDescriptor {
  /** Empty for the core group. */
  readonly group: string;
  /** Served and stored version. */
  readonly version: string;
  /** Older versions accepted with the same shape and stored as `version`. */
  readonly alsoServed?: readonly string[];
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly namespaced: boolean;
  /** Schema of the whole object's fields beside apiVersion, kind and metadata (`spec`, or `endpoints`…). Strict: unknown fields are violations. */
  readonly schema: z.ZodType;
  /** True when the kind has a status subresource. */
  readonly status: boolean;
  /** Rules that the schema cannot say. Called with defaults applied. */
  validate?(object: KubeObject): readonly Violation[];
  /** Rules about a change: called with the state before, after {@link validate} found nothing. */
  validateUpdate?(object: KubeObject, old: KubeObject): readonly Violation[];
  /** What a valid object asks for and does not get: told to whoever writes it. Called with defaults applied. */
  warnings?(object: KubeObject): readonly Violation[];
  readonly columns?: readonly PrinterColumn[];
  /** Every column of the server's table, Name and Age included; for kinds whose table on a cluster is not {@link columns} between those two. */
  readonly table?: readonly TableColumn[];
  /** Custom resources on a cluster, which clients treat differently from built-in ones. True for kinds registered by a CustomResourceDefinition. */
  readonly custom?: boolean;
  /** Verbs of its collection and objects where they are not all there are: kinds that are answered and never kept. */
  readonly verbs?: readonly string[];
  /** Where the scale subresource reads and writes; absent: there is none. */
  readonly scale?: ScalePaths;
  /** Field paths for field selectors besides the metadata; absent: every field of the schema. */
  readonly selectableFields?: readonly string[];
  /** Version objects are stored under where it is not {@link version}: kinds whose versions have schemas of their own are listed once for each. */
  readonly storageVersion?: string;
  /**
   * A stored object as this version's schema sees it, when it was written through another version or under an
   * older schema; the very same value when nothing differs. apiVersion is left alone.
   */
  readAs?(object: KubeObject): KubeObject;
  /** One sentence, for `meshctl explain` and the docs. */
  readonly description: string;
}

/** Simple JSON paths, as in CustomResourceDefinition `subresources.scale`. */
export interface ScalePaths {
  readonly specReplicas: string;
  readonly statusReplicas: string;
  readonly labelSelector?: string;
}

/** A column whose cell is computed, as the printers of a cluster's own kinds do. */
export interface TableColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean" | "date" | "number";
  readonly format?: string;
  /** 0: always shown; 1 and up: only with `-o wide`. */
  readonly priority?: number;
  readonly description: string;
  /** What the row of `object` shows; null: nothing. Ages are counted to `nowMs`. */
  cell(object: KubeObject, nowMs: number): string | number | boolean | null;
}

/** As in CustomResourceDefinition `additionalPrinterColumns`; NAME and AGE are always there. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean" | "date" | "number";
  /** Simple JSONPath as in CRDs: `.spec.services[*].name`. */
  readonly jsonPath: string;
  /** 0: always shown; 1 and up: only with `-o wide`. */
  readonly priority?: number;
  readonly description: string;
}
