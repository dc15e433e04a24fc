import type { Violation } from "../lib/errors.ts";
import type { KindDescriptor } from "./kind.ts";
import { metadataViolations } from "./metadata.ts";
import type { KubeObject } from "./object.ts";
import { isUnknownField, violationsOf } from "./violations.ts";

export interface Parsed {
  /** Defaults applied, unknown fields left out; null when `violations` has anything. */
  readonly object: KubeObject | null;
  readonly violations: readonly Violation[];
  /** Unknown fields that were dropped; always empty when unknown fields are violations. */
  readonly dropped: readonly Violation[];
}

/**
 * Judges an object by everything its kind says: metadata, schema, then the rules a schema cannot say.
 * `unknownFields: "drop"` is Kubernetes' field validation Warn and Ignore. `input` is not changed.
 */
export function parseObject(kind: KindDescriptor, input: KubeObject, unknownFields: "refuse" | "drop" = "refuse"): Parsed {
  const { apiVersion, kind: kindName, metadata, ...rest } = input;
  const broken = metadataViolations(kind, input);
  let result = kind.schema.safeParse(rest);
  let dropped: readonly Violation[] = [];
  if (!result.success && unknownFields === "drop") {
    const unknown = violationsOf(result.error, kind.schema).filter(isUnknownField);
    if (unknown.length > 0) {
      const pruned = structuredClone(rest);
      for (const { unknownField } of unknown) removeAt(pruned, unknownField);
      dropped = unknown;
      result = kind.schema.safeParse(pruned);
    }
  }
  if (!result.success) return { object: null, violations: [...broken, ...violationsOf(result.error, kind.schema)], dropped };
  const object = { apiVersion, kind: kindName, metadata, ...(result.data as object) } as KubeObject;
  const violations = broken.length > 0 ? broken : (kind.validate?.(object) ?? []);
  return { object: violations.length > 0 ? null : object, violations, dropped };
}

function removeAt(root: unknown, path: readonly PropertyKey[]): void {
  let node = root as Record<PropertyKey, unknown> | undefined;
  for (const part of path.slice(0, -1)) node = node?.[part] as Record<PropertyKey, unknown> | undefined;
  const last = path.at(-1);
  if (node !== undefined && last !== undefined) delete node[last];
}
