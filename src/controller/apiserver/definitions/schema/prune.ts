import { isPlainObject } from "../../merge-patch.ts";
import { childrenOf, type FieldPath, fieldSchema, isImplicit, keepsUnknown, type Place } from "./shape.ts";

/** Fields the schema does not know, by object: what field validation names and pruning removes. */
export interface UnknownFields {
  readonly path: FieldPath;
  readonly names: readonly string[];
}

/** https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning */
export function unknownFieldsOf(place: Place): UnknownFields[] {
  const { schema, path, value } = place;
  const below = childrenOf(place).flatMap(unknownFieldsOf);
  if (!isPlainObject(value) || keepsUnknown(schema)) return below;
  const names = Object.keys(value).filter((name) => !isImplicit(place, name) && fieldSchema(schema, name) === undefined);
  return names.length === 0 ? below : [{ path, names }, ...below];
}

/** Takes the unknown fields out of `root`, which is changed. */
export function removeUnknown(root: unknown, unknown: readonly UnknownFields[]): void {
  for (const { path, names } of unknown) {
    let node = root as Record<string | number, unknown>;
    for (const step of path) node = node[step] as Record<string | number, unknown>;
    for (const name of names) delete node[name];
  }
}
