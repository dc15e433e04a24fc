import { getOrNull } from "../../install/cluster/survey.ts";
import { revisionServing } from "../../install/cluster/tags.ts";
import { NAME } from "../../install/names.ts";
import type { KubeClient } from "../../kube/contract.ts";
import type { KubeObject } from "../../model/object.ts";

/** Which revision the pods go to that name none: "" for the default one; null when nothing is installed. */
export async function defaultRevision(client: KubeClient): Promise<string | null> {
  const wanted: KubeObject = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: NAME.DEFAULT_INJECTOR },
  };
  const live = await getOrNull(client, wanted);
  return live === null ? null : revisionServing(live);
}
