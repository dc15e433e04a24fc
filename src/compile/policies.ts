import type { Policy } from "../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { KubeObject } from "../model/object.ts";
import { originOf } from "../policies/attachment.ts";
import type { PolicyTranslation } from "../policies/catalog.ts";

/** An object in force as the wire carries it. */
export function translatePolicy(translation: PolicyTranslation, object: KubeObject): Policy {
  return { id: translation.id, config: Buffer.from(translation.translate(object)), origin: originOf(object) };
}

/** One policy per kind, in the catalogue's order; `choose` says which object is in force. */
export function translatePolicies(catalog: readonly PolicyTranslation[], choose: (kind: string) => KubeObject | null): Policy[] {
  const policies: Policy[] = [];
  for (const translation of catalog) {
    const object = choose(translation.kind);
    if (object !== null) policies.push(translatePolicy(translation, object));
  }
  return policies;
}
