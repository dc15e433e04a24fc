import type { KindDescriptor } from "../../model/kind.ts";
import type { KubeObject } from "../../model/object.ts";
import { shownCells } from "./table.ts";

/**
 * True when a table of both states shows the same in every column, ages apart, and nothing a user wrote differs
 * either (labels, annotations, the spec by its generation). Leases are renewed every few seconds: a line for each
 * would bury the changes.
 */
export function sameRow(kind: KindDescriptor, before: KubeObject, after: KubeObject): boolean {
  const { generation } = after.metadata;
  if (generation === undefined || generation !== before.metadata.generation) return false;
  return shownText(kind, before) === shownText(kind, after);
}

function shownText(kind: KindDescriptor, object: KubeObject): string {
  const { uid, labels, annotations, finalizers, ownerReferences, deletionTimestamp } = object.metadata;
  return JSON.stringify([uid, labels, annotations, finalizers, ownerReferences, deletionTimestamp, shownCells(kind, object)]);
}
