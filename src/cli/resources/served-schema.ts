import type { KubeClient } from "../../kube/contract.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import type { StructuralSchema } from "../../model/structural-schema.ts";

/** Extension of a schema of the server's OpenAPI documents: which kinds it is for. */
const KINDS = "x-kubernetes-group-version-kind";

type ServedSchema = StructuralSchema & { readonly [KINDS]?: readonly { readonly kind: string; readonly version: string }[] };

/** The fields of a kind as the server's OpenAPI v3 document has them; none where it says nothing. */
export async function servedSchema(client: KubeClient, { group, version, kind }: KindDescriptor): Promise<StructuralSchema> {
  const place = group === "" ? `api/${version}` : `apis/${group}/${version}`;
  const { components } = await client.request<{ readonly components?: { readonly schemas?: Readonly<Record<string, ServedSchema>> } }>(
    "GET",
    `/openapi/v3/${place}`,
  );
  const schemas = Object.values(components?.schemas ?? {});
  const found = schemas.find((schema) => schema[KINDS]?.some((one) => one.kind === kind && one.version === version));
  if (found === undefined) return { type: "object" };
  // What every object has is said once, by explain itself.
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...properties } = found.properties ?? {};
  return { ...found, properties };
}
