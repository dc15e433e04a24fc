import type { KubeClient, ListOptions, WatchEvent } from "../../kube/contract.ts";
import { isGone } from "../../kube/error.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import { keyOf, type KubeObject } from "../../model/object.ts";
import { scopeOf } from "./fetch.ts";

/**
 * Every change of a kind after `resourceVersion`, until `signal` aborts. A watch that the server ends is
 * taken up where it stopped; when that history is gone (410) the list is read again and what differs is told.
 */
export async function* follow(
  client: KubeClient,
  kind: KindDescriptor,
  initial: { readonly items: readonly KubeObject[]; readonly resourceVersion: string },
  options: ListOptions & { readonly signal: AbortSignal },
): AsyncGenerator<WatchEvent> {
  const known = new Map(initial.items.map((item) => [keyOf(item), item]));
  let { resourceVersion } = initial;
  while (!options.signal.aborted) {
    try {
      for await (const event of client.watch(kind, resourceVersion, scopeOf(kind, options))) {
        resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
        if (event.type === "BOOKMARK") continue;
        if (event.type === "DELETED") known.delete(keyOf(event.object));
        else known.set(keyOf(event.object), event.object);
        yield event;
      }
    } catch (error) {
      if (options.signal.aborted) return;
      if (!isGone(error)) throw error;
      const list = await client.list(kind, scopeOf(kind, options));
      resourceVersion = list.resourceVersion;
      yield* differences(known, list.items);
    }
  }
}

function* differences(known: Map<string, KubeObject>, items: readonly KubeObject[]): Generator<WatchEvent> {
  const left = new Map(known);
  for (const object of items) {
    const key = keyOf(object);
    const before = known.get(key);
    left.delete(key);
    known.set(key, object);
    if (before === undefined) yield { type: "ADDED", object };
    else if (before.metadata.resourceVersion !== object.metadata.resourceVersion) yield { type: "MODIFIED", object };
  }
  for (const [key, object] of left) {
    known.delete(key);
    yield { type: "DELETED", object };
  }
}
