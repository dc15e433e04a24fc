import type { MeshStore } from "../compile/store.ts";
import type { Workload } from "../model/kinds/workload.ts";

/** `namespace/workload` of an instance (`namespace/instance`) whose certificate was checked. */
export function workloadLabel(store: MeshStore, instance: string): string {
  const [namespace, name] = instance.split("/");
  return `${namespace}/${store.get<Workload>("Workload", instance)?.spec?.workload ?? name}`;
}
