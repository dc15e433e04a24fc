import type { KubeClient } from "../../kube/contract.ts";
import type { Clock } from "../../lib/clock.ts";
import { sleep } from "../../lib/clock.ts";
import type { KubeObject } from "../../model/object.ts";
import { kindRef } from "../kind-refs.ts";
import { podProblem, waitingFor } from "../readiness.ts";
import { formatKey, keyOfObject } from "../release.ts";
import { getOrNull } from "./survey.ts";

/** One thing that is not ready, and what is known about why. */
export interface NotReady {
  readonly what: string;
  readonly why: string;
  /** For a Deployment: its pods that are not ready, each with its reason. */
  readonly pods: readonly string[];
}

export interface WaitOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly everyMs?: number;
  /** Called when what is not ready has changed. */
  readonly onProgress: (waiting: readonly NotReady[]) => void;
}

/** Looks until every object is ready; what is not by then, or nothing. */
export async function waitReady(client: KubeClient, objects: readonly KubeObject[], options: WaitOptions): Promise<readonly NotReady[]> {
  const { clock, timeoutMs, everyMs = 500, onProgress } = options;
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  let told = "";
  for (;;) {
    const waiting = await notReady(client, objects);
    if (waiting.length === 0) return [];
    const text = JSON.stringify(waiting);
    if (text !== told) onProgress(waiting);
    told = text;
    const leftMs = deadlineMs - clock.monotonicMs();
    if (leftMs <= 0) return waiting;
    await sleep(clock, Math.min(everyMs, leftMs));
  }
}

async function notReady(client: KubeClient, objects: readonly KubeObject[]): Promise<NotReady[]> {
  const found: NotReady[] = [];
  for (const object of objects) {
    if (waitingFor(object) === null && object.kind !== "APIService") continue;
    const live = await getOrNull(client, object);
    const why = live === null ? "it is gone" : waitingFor(live);
    if (why === null || live === null) {
      if (why !== null) found.push({ what: formatKey(keyOfObject(object)), why, pods: [] });
      continue;
    }
    found.push({ what: formatKey(keyOfObject(live)), why, pods: live.kind === "Deployment" ? await podsNotReady(client, live) : [] });
  }
  return found;
}

async function podsNotReady(client: KubeClient, deployment: KubeObject): Promise<string[]> {
  const { matchLabels } = (deployment.spec as { selector: { matchLabels: Record<string, string> } }).selector;
  const labelSelector = Object.entries(matchLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const { items } = await client.list(kindRef("Pod"), { namespace: deployment.metadata.namespace, labelSelector });
  return items.flatMap((pod) => {
    const problem = podProblem(pod);
    return problem === null ? [] : [`pod ${pod.metadata.name}: ${problem}`];
  });
}
