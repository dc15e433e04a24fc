import type { KubeObject } from "../model/object.ts";
import { formatKey, keyOfObject, type ObjectKey, type Release } from "./release.ts";

/** Whatever happens to a release, these hold what users made. */
const KEPT: ReadonlySet<string> = new Set(["CustomResourceDefinition", "Namespace", "Secret"]);

/**
 * Objects of `before` that `next` no longer has and no other revision needs, in the order in which they may go: what the API
 * server asks goes before what answers.
 */
export function pruneOf(before: readonly KubeObject[], next: readonly KubeObject[], others: readonly Release[]): readonly ObjectKey[] {
  const needed = new Set([...next, ...others.flatMap(({ objects }) => objects)].map((object) => formatKey(keyOfObject(object))));
  return before
    .map(keyOfObject)
    .filter((key) => !KEPT.has(key.kind) && !needed.has(formatKey(key)))
    .toReversed();
}
