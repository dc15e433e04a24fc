import type { Json, JsonObject } from "./json.ts";

/** Steps from a pod (template) down: `["spec", "containers", 0, "livenessProbe"]`. */
export type PodPath = readonly (string | number)[];

/**
 * One change of a pod, as data: the command line splices it into text, the webhook sends it as JSON Patch. Paths are those
 * of the pod before any edit; every place is edited once at most.
 */
export type PodEdit =
  /** New keys of the mapping at `path`, which is there and not empty. `before`: a key of it that they had best precede. */
  | { readonly op: "add-keys"; readonly path: PodPath; readonly entries: JsonObject; readonly before?: string }
  /** New first items of the list at `path`, which is there and not empty. Each has a name. */
  | { readonly op: "insert-items"; readonly path: PodPath; readonly items: readonly JsonObject[] }
  /** Another value at `path`, which is there (null, an empty mapping or list, a number). */
  | { readonly op: "replace-value"; readonly path: PodPath; readonly value: Json }
  /** The key `key` of the mapping at `path` becomes `newKey: value`. */
  | { readonly op: "replace-pair"; readonly path: PodPath; readonly key: string; readonly newKey: string; readonly value: Json };
