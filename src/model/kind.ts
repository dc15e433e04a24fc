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
  /** What a valid object asks for and does not get: told to whoever writes it. Called with defaults applied. */
  warnings?(object: KubeObject): readonly Violation[];
  readonly columns?: readonly PrinterColumn[];
  /** One sentence, for `meshctl explain` and the docs. */
  readonly description: string;
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
