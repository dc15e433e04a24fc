import type { KubeClient, ListOptions } from "../../kube/contract.ts";
import { isNotFound, KubeError } from "../../kube/error.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import type { KubeObject } from "../../model/object.ts";
import type { Selection } from "./select.ts";

/** One kind with those of its objects that were asked for. */
export interface Fetched {
  readonly kind: KindDescriptor;
  readonly items: readonly KubeObject[];
  /** Of the list, to watch from; empty when objects were asked for by name. */
  readonly resourceVersion: string;
}

/** Asks for each selection in turn. A name that is not there is told to `onMissing` with the API's NotFound; without that it rejects. */
export async function fetchSelections(
  client: KubeClient,
  selections: readonly Selection[],
  options: ListOptions,
  onMissing?: (error: KubeError) => void,
): Promise<Fetched[]> {
  const fetched: Fetched[] = [];
  for (const { kind, names, namespace } of selections) {
    const scope = scopeOf(kind, namespace === undefined ? options : { ...options, namespace });
    if (names === null) {
      const { items, resourceVersion } = await client.list(kind, scope);
      fetched.push({ kind, items: items, resourceVersion });
      continue;
    }
    const items: KubeObject[] = [];
    for (const name of names) {
      try {
        items.push(await client.get(kind, name, scope.namespace));
      } catch (error) {
        if (onMissing === undefined || !(error instanceof KubeError) || !isNotFound(error)) throw error;
        onMissing(error);
      }
    }
    fetched.push({ kind, items, resourceVersion: "" });
  }
  return fetched;
}

/** Kinds without namespaces are asked for without one. */
export function scopeOf(kind: KindDescriptor, options: ListOptions): ListOptions {
  if (kind.namespaced) return options;
  const { namespace: _namespace, ...rest } = options;
  return rest;
}
