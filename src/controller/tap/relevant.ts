import type { TapQuery } from "../../api/contract.ts";
import type { MeshStore } from "../../compile/store.ts";
import type { StreamInfo } from "../../discovery/server/server.ts";
import { TYPE_URL } from "../../messages/names.ts";
import { keyOf } from "../../model/object.ts";
import type { Workload } from "../../model/kinds/workload.ts";
import { versionService } from "./version-service.ts";

/**
 * Instances whose proxies see what a query asks for: a workload's own ones; for a service those that
 * serve it and those that call it (they subscribe to its Outbound, or to that of the Service it is a version of).
 */
export function relevantInstances(store: MeshStore, streams: readonly StreamInfo[], query: TapQuery): ReadonlySet<string> {
  const found = new Set<string>();
  const version = query.service === undefined ? null : versionService(store, query.namespace, query.service);
  for (const workload of store.workloadsIn(query.namespace)) {
    const mine = query.workload !== undefined && (workload.spec?.workload === query.workload || workload.metadata.name === query.workload);
    if (mine || serves(workload, query.service) || version?.workloads.includes(workload)) found.add(keyOf(workload));
  }
  if (query.service !== undefined) {
    const names = [query.service, ...(version === null ? [] : [version.base])];
    const prefixes = names.map((name) => `${query.namespace}/${name}:`);
    for (const stream of streams) {
      for (const { typeUrl, name, version: sent } of stream.deliveries()) {
        if (typeUrl === TYPE_URL.OUTBOUND && sent !== "" && prefixes.some((prefix) => name.startsWith(prefix))) {
          found.add(stream.subscriber.id);
        }
      }
    }
  }
  return found;
}

function serves(workload: Workload, service: string | undefined): boolean {
  return (workload.spec?.services ?? []).some(({ name }) => name === service);
}
