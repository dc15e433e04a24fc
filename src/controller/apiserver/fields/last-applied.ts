import type { KindDescriptor } from "../../../model/kind.ts";
import type { KubeObject } from "../../../model/object.ts";
import { isPlainObject } from "../merge-patch.ts";
import { compare } from "./compare.ts";
import { difference, type FieldSet } from "./field-set.ts";
import { fieldsOf } from "./fields-of.ts";
import type { FieldConflict } from "./ownership.ts";
import type { Topology } from "./topology.ts";
import { ownedPart } from "./view.ts";

/** What `kubectl apply` without `--server-side` writes down of what it applied. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * The conflicts that remain when kubectl takes over an object it has applied from the client's side so far: fields
 * that still are what it last applied were its own.
 */
export function allowedByLastApplied(
  conflicts: readonly FieldConflict[],
  kind: KindDescriptor,
  live: KubeObject,
  topology: Topology,
): readonly FieldConflict[] {
  const applied = parseAnnotation(live.metadata.annotations?.[LAST_APPLIED]);
  if (applied === null) return conflicts;
  const config = ownedPart(kind, undefined, applied);
  const { added, modified, removed } = compare(config, ownedPart(kind, undefined, live), topology);
  const own = [added, modified, removed].reduce(difference, fieldsOf(config, topology));
  return conflicts.filter(({ path }) => !holds(own, path));
}

/** kubectl's own configuration of now in that annotation, where the object has one: an older kubectl goes on from there. */
export function withLastApplied(object: KubeObject, config: KubeObject, manager: string): KubeObject {
  const { annotations } = object.metadata;
  if (manager !== "kubectl" || !annotations?.[LAST_APPLIED]) return object;
  const { [LAST_APPLIED]: _annotation, ...others } = config.metadata.annotations ?? {};
  const { annotations: _annotations, ...metadata } = config.metadata;
  const applied = { ...config, metadata: { ...metadata, ...(Object.keys(others).length === 0 ? {} : { annotations: others }) } };
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, [LAST_APPLIED]: `${JSON.stringify(applied)}\n` } } };
}

function parseAnnotation(text: string | undefined): Record<string, unknown> | null {
  if (text === undefined) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isPlainObject(value) ? value : null;
  } catch {
    return null;
  }
}

function holds(set: FieldSet, path: readonly string[]): boolean {
  let node: FieldSet | undefined = set;
  for (const step of path) node = node?.children.get(step);
  return node?.member === true;
}
