import type { TapQuery } from "../../api/contract.ts";
import type { MeshStore } from "../../compile/store.ts";
import type { StreamInfo } from "../../discovery/server/server.ts";
import { TYPE_URL } from "../../messages/names.ts";
import { keyOf } from "../../model/object.ts";
import type { Workload } from "../../model/kinds/workload.ts";

/**
 * Instances whose proxies see what a query asks for: a workload's own ones; for a service those that
 * serve it and those that call it (they subscribe to its Outbound).
 */
export function relevantInstances(store: MeshStore, streams: readonly StreamInfo[], query: TapQuery): ReadonlySet<string> {
  const found = new Set<string>();
  for (const workload of store.workloadsIn(query.namespace)) {
    const mine = query.workload !== undefined && (workload.spec?.workload === query.workload || workload.metadata.name === query.workload);
    const serves = query.service !== undefined && servesService(workload, query.service);
    if (mine || serves) found.add(keyOf(workload));
  }
  if (query.service !== undefined) {
    const prefix = `${query.namespace}/${query.service}:`;
    for (const stream of streams) {
      for (const { typeUrl, name, version } of stream.deliveries()) {
        if (typeUrl === TYPE_URL.OUTBOUND && version !== "" && name.startsWith(prefix)) found.add(stream.subscriber.id);
      }
    }
  }
  return found;
}

function servesService(workload: Workload, service: string): boolean {
  return (workload.spec?.services ?? []).some(
    ({ name }) => name === service || (workload.spec?.version !== undefined && `${name}-${workload.spec.version}` === service),
  );
}
