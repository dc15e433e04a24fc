import type { KubeClient, ListOptions } from "../../kube/contract.ts";
import { getOrNull } from "./get-or-null.ts";
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

/** Asks for each selection in turn. A name that is not there rejects with the API's NotFound, unless `skipMissing`. */
export async function fetchSelections(
  client: KubeClient,
  selections: readonly Selection[],
  options: ListOptions,
  skipMissing = false,
): Promise<Fetched[]> {
  const fetched: Fetched[] = [];
  for (const { kind, names } of selections) {
    const scope = scopeOf(kind, options);
    if (names === null) {
      const { items, resourceVersion } = await client.list(kind, scope);
      fetched.push({ kind, items: items, resourceVersion });
      continue;
    }
    const items: KubeObject[] = [];
    for (const name of names) {
      const object = await (skipMissing ? getOrNull(client, kind, name, scope.namespace) : client.get(kind, name, scope.namespace));
      if (object) items.push(object);
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
