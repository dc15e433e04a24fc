import type { Clock } from "../../lib/clock.ts";
import type { KubeClient } from "../../kube/contract.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import type { KubeObject } from "../../model/object.ts";
import { follow } from "../resources/follow.ts";

/** One object by its name. */
export interface Place {
  readonly kind: KindDescriptor;
  readonly name: string;
  readonly namespace: string | undefined;
}

/** A moment after which nothing is waited for; null: none. */
export interface Deadline {
  readonly signal: AbortSignal;
  cancel(): void;
}

/** `timeoutMs` from now: 0 is now, null never. `ended` ends it before its time. */
export function deadlineIn(clock: Clock, timeoutMs: number | null, ended: AbortSignal): Deadline {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = timeoutMs === null ? null : clock.setTimer(abort, timeoutMs);
  ended.addEventListener("abort", abort, { once: true });
  return {
    signal: controller.signal,
    cancel() {
      timer?.cancel();
      ended.removeEventListener("abort", abort);
    },
  };
}

/** Looks at an object with each of its changes until `isMet`, or the deadline has come: then the answer is how it stood last. Null: not there. */
export async function watchUntil(
  client: KubeClient,
  place: Place,
  isMet: (object: KubeObject | null) => boolean,
  { signal }: Deadline,
): Promise<{ readonly met: boolean; readonly object: KubeObject | null }> {
  const scope = {
    ...(place.namespace === undefined ? {} : { namespace: place.namespace }),
    fieldSelector: `metadata.name=${place.name}`,
  };
  const { items, resourceVersion } = await client.list(place.kind, scope);
  let object: KubeObject | null = items[0] ?? null;
  if (isMet(object)) return { met: true, object };
  for await (const event of follow(client, place.kind, { items, resourceVersion }, { ...scope, signal })) {
    object = event.type === "DELETED" ? null : event.object;
    if (isMet(object)) return { met: true, object };
  }
  return { met: false, object };
}
