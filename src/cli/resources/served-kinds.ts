import * as z from "zod";
import type { KubeClient } from "../../kube/contract.ts";
import { isNotFound } from "../../kube/error.ts";
import type { KindDescriptor, PrinterColumn } from "../../model/kind.ts";
import { createKindRegistry, type KindRegistry } from "../../model/registry.ts";
import { allKinds } from "../../policies/kinds.ts";

/** What discovery says of one kind: `APIResource` of meta/v1. */
interface ApiResource {
  readonly name: string;
  readonly singularName?: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly verbs: readonly string[];
}

interface GroupList {
  readonly groups: readonly { readonly name: string; readonly preferredVersion: { readonly version: string } }[];
}

/** The known kinds where they know every one of `words`; else those that the server has beside them, too. */
export async function kindsFor(client: () => Promise<KubeClient>, isKnown: (kinds: KindRegistry) => boolean): Promise<KindRegistry> {
  const known = allKinds();
  if (isKnown(known)) return known;
  const api = await client();
  return createKindRegistry([...known.all, ...(await discoverKinds(api, known))]);
}

/** Every kind that can be listed and that `known` has not: what CustomResourceDefinitions and clusters add. */
export async function discoverKinds(client: KubeClient, known: KindRegistry): Promise<KindDescriptor[]> {
  const { groups } = await client.request<GroupList>("GET", "/apis");
  const lists = await Promise.all([
    servedIn(client, "", "v1"),
    ...groups.map(({ name, preferredVersion }) => servedIn(client, name, preferredVersion.version)),
  ]);
  return lists.flat().filter(({ group, plural }) => !known.all.some((kind) => kind.group === group && kind.plural === plural));
}

async function servedIn(client: KubeClient, group: string, version: string): Promise<KindDescriptor[]> {
  const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const { resources } = await client.request<{ readonly resources: readonly ApiResource[] }>("GET", path);
  return resources
    .filter(({ name, verbs }) => !name.includes("/") && verbs.includes("list"))
    .map(({ name, singularName, kind, namespaced, shortNames = [], categories = [] }) => ({
      group,
      version,
      kind,
      plural: name,
      singular: singularName || kind.toLowerCase(),
      shortNames,
      categories,
      namespaced,
      // The server judges what is written.
      schema: z.looseObject({}),
      status: false,
      custom: true,
      description: "A kind that the server has beside those of the mesh.",
    }));
}

interface Definition {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly versions: readonly { readonly name: string; readonly additionalPrinterColumns?: readonly DefinedColumn[] }[] };
  readonly [field: string]: unknown;
}

type DefinedColumn = Omit<PrinterColumn, "description" | "type"> & { readonly description?: string; readonly type: string };

const DEFINITION = {
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  namespaced: false,
};

/** The kind with the columns that its CustomResourceDefinition has for it; as it is where there is none. */
export async function withColumns(client: KubeClient, kind: KindDescriptor): Promise<KindDescriptor> {
  if (!kind.custom || kind.columns !== undefined || allKinds().all.includes(kind)) return kind;
  try {
    const definition = await client.get<Definition>(DEFINITION, `${kind.plural}.${kind.group}`);
    const version = definition.spec.versions.find(({ name }) => name === kind.version);
    const columns = (version?.additionalPrinterColumns ?? []).filter(({ name }) => name.toLowerCase() !== "age");
    return { ...kind, columns: columns.map((column) => ({ description: "", ...column }) as PrinterColumn) };
  } catch (error) {
    if (isNotFound(error)) return kind;
    throw error;
  }
}
