import type { KubeClient } from "../../kube/contract.ts";
import type { KubeObject } from "../../model/object.ts";
import { kindRef } from "../kind-refs.ts";
import { NAME, TAG_LABEL } from "../names.ts";

export interface Tag {
  readonly tag: string;
  /** The revision its namespaces go to; "" for the default one. */
  readonly revision: string;
}

export async function readTags(client: KubeClient): Promise<readonly Tag[]> {
  const { items } = await client.list(kindRef("MutatingWebhookConfiguration"), { labelSelector: TAG_LABEL });
  return items.map((object) => ({ tag: object.metadata.labels?.[TAG_LABEL] ?? "", revision: revisionServing(object) }));
}

/** The revision whose controller a webhook configuration asks. */
export function revisionServing(configuration: KubeObject): string {
  const [first] = (configuration.webhooks ?? []) as readonly { clientConfig?: { service?: { name?: string } } }[];
  const service = first?.clientConfig?.service?.name ?? "";
  return service.startsWith(`${NAME.CONTROLLER}-`) ? service.slice(NAME.CONTROLLER.length + 1) : "";
}
