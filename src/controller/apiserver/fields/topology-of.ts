import type { KindDescriptor } from "../../../model/kind.ts";
import { structuralSchemaOf } from "../../../model/structural-schema.ts";
import { builtInTopology, OBJECT_META } from "./built-in.ts";
import { type Topology, topologyOfSchema } from "./topology.ts";

const cache = new WeakMap<KindDescriptor, Topology>();

/** Topology of whole objects of a kind: Kubernetes' own where it is one of its kinds, what its schema says otherwise. */
export function topologyOf(kind: KindDescriptor): Topology {
  let known = cache.get(kind);
  if (known === undefined) cache.set(kind, (known = builtInTopology(kind.group, kind.kind) ?? fromSchema(kind)));
  return known;
}

function fromSchema(kind: KindDescriptor): Topology {
  const own = topologyOfSchema(structuralSchemaOf(kind.schema));
  return { ...own, fields: new Map([...(own.fields ?? []), ["metadata", OBJECT_META]]) };
}
