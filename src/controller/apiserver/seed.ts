import { MESH_CONFIG_NAME, meshConfigKind } from "../../model/kinds/mesh-config.ts";
import { namespaceKind } from "../../model/kinds/namespace.ts";
import { storedApiVersion } from "./admission.ts";
import { type ApiContext, timestamp } from "./context.ts";
import { PERMANENT_NAMESPACES } from "./lifecycle.ts";
import { bucketOf, type ResourceRequest } from "./request.ts";
import { createVerb } from "./verbs/create.ts";
import type { KindDescriptor } from "../../model/kind.ts";

/** Makes what a mesh never is without: its permanent namespaces and its MeshConfig. What exists stays as it is. */
export async function seed(api: ApiContext): Promise<void> {
  for (const name of PERMANENT_NAMESPACES) await ensure(api, namespaceKind, name);
  await ensure(api, meshConfigKind, MESH_CONFIG_NAME);
}

async function ensure(api: ApiContext, kind: KindDescriptor, name: string): Promise<void> {
  if (api.store.get(bucketOf(kind), name) !== undefined) return;
  const writer = { manager: "meshctl", apiVersion: storedApiVersion(kind), subresource: undefined, nowIso: timestamp(api.clock) };
  const request: ResourceRequest = { kind, version: kind.version, query: new URLSearchParams(), writer };
  await createVerb(api, request, { metadata: { name } });
}
