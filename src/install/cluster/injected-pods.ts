import type { KubeClient } from "../../kube/contract.ts";
import { LABEL } from "../../messages/names.ts";
import { kindRef } from "../kind-refs.ts";
import { DEFAULT_REVISION } from "../names.ts";

/** Pods that have a sidecar: `namespace/name`, with the revision that gave it. Pods that have ended do not count. */
export async function injectedPods(client: KubeClient): Promise<readonly { readonly pod: string; readonly revision: string }[]> {
  const { items } = await client.list(kindRef("Pod"), { labelSelector: LABEL.INJECTED });
  return items
    .filter(({ status }) => !["Succeeded", "Failed"].includes((status as { phase?: string } | undefined)?.phase ?? ""))
    .map(({ metadata }) => {
      const label = metadata.labels?.[LABEL.INJECTED] ?? "";
      return { pod: `${metadata.namespace ?? "default"}/${metadata.name}`, revision: label === DEFAULT_REVISION ? "" : label };
    });
}
