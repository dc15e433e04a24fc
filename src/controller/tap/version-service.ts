import type { Service } from "../../compile/objects.ts";
import type { MeshStore } from "../../compile/store.ts";
import type { Workload } from "../../model/kinds/workload.ts";
import { SERVICE_LABEL, VERSION_LABEL } from "../localservices/derive.ts";

/** A Service that is one version of another: callers name the other one, and a route or chance leads them here. */
export interface VersionService {
  /** Name of the Service it is a version of, in the same namespace. */
  readonly base: string;
  /** Workloads behind it now. */
  readonly workloads: readonly Workload[];
}

/** Null for a Service that is no version of another. */
export function versionService(store: MeshStore, namespace: string, name: string): VersionService | null {
  const labels = store.get<Service>("Service", `${namespace}/${name}`)?.metadata.labels;
  const base = labels?.[SERVICE_LABEL];
  const version = labels?.[VERSION_LABEL];
  if (base === undefined || version === undefined || base === name) return null;
  const workloads = store
    .workloadsIn(namespace)
    .filter(({ spec }) => spec?.version === version && spec.services.some((served) => served.name === base));
  return { base, workloads };
}
