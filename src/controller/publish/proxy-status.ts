import type { ProxyStatus, SyncState } from "../../api/contract.ts";
import { identityOf } from "../../compile/endpoints.ts";
import type { MeshStore } from "../../compile/store.ts";
import type { DeliveryStatus, ResourceSource } from "../../discovery/server/contract.ts";
import type { StreamInfo } from "../../discovery/server/server.ts";
import { RESOURCE_TYPES, TYPE_URL, type ResourceType } from "../../messages/names.ts";
import { keyOf } from "../../model/object.ts";
import type { Workload } from "../../model/kinds/workload.ts";

/** Unacknowledged for longer than this is worth telling. */
const STALE_MS = 5_000;

const TYPE_OF: ReadonlyMap<string, ResourceType> = new Map([
  [TYPE_URL.INBOUND, "Inbound"],
  [TYPE_URL.OUTBOUND, "Outbound"],
  [TYPE_URL.ENDPOINTS, "Endpoints"],
  [TYPE_URL.TRUST, "Trust"],
  [TYPE_URL.PROXY_CONFIG, "ProxyConfig"],
]);

export interface StatusContext {
  readonly store: MeshStore;
  readonly trustDomain: string;
  readonly streams: readonly StreamInfo[];
  readonly nowMs: number;
  /** Of an instance's clock, milliseconds; null when unknown. */
  clockSkewMs(instance: string): number | null;
}

/** Every proxy that is connected or registered, by name. */
export function listProxies(context: StatusContext): ProxyStatus[] {
  const newest = newestStreams(context.streams);
  const ids = new Set(newest.keys());
  for (const workload of context.store.all<Workload>("Workload")) ids.add(keyOf(workload));
  return [...ids].sort().map((id) => describe(id, newest.get(id), context, false));
}

/** One proxy with its resources; null when it is neither connected nor registered. */
export function describeProxy(context: StatusContext, id: string): ProxyStatus | null {
  const stream = newestStreams(context.streams).get(id);
  if (stream === undefined && context.store.get("Workload", id) === undefined) return null;
  return describe(id, stream, context, true);
}

/** Of an instance's overlapping streams the newest speaks for it. */
function newestStreams(streams: readonly StreamInfo[]): Map<string, StreamInfo> {
  const newest = new Map<string, StreamInfo>();
  for (const stream of streams) {
    const other = newest.get(stream.subscriber.id);
    if (other === undefined || other.connectedAtMs <= stream.connectedAtMs) newest.set(stream.subscriber.id, stream);
  }
  return newest;
}

function describe(id: string, stream: StreamInfo | undefined, context: StatusContext, withResources: boolean): ProxyStatus {
  const [namespace = "", instance = ""] = id.split("/");
  const workload = context.store.get<Workload>("Workload", id);
  const deliveries = stream === undefined ? [] : [...stream.deliveries()];
  const peer = stream?.subscriber.peer;
  return {
    namespace,
    instance,
    workload: workload?.spec?.workload ?? stream?.subscriber.cluster.split("/").at(-1) ?? "",
    identity: peer?.identity ?? (workload === undefined ? "" : identityOf(context.trustDomain, workload)),
    version: stream?.subscriber.version ?? "",
    capabilities: stream?.subscriber.features ?? [],
    connected: stream !== undefined,
    connectedSince: stream === undefined ? null : new Date(stream.connectedAtMs).toISOString(),
    certificate:
      peer === undefined
        ? null
        : { serial: peer.serial, notBefore: new Date(peer.notBeforeMs).toISOString(), notAfter: new Date(peer.notAfterMs).toISOString() },
    sync: syncOf(stream, deliveries, context.nowMs),
    nacks: nacksOf(deliveries),
    address: peer?.address ?? "",
    clockSkewMs: context.clockSkewMs(id),
    ...(withResources ? { resources: resourcesOf(deliveries) } : {}),
  };
}

/** The state of each type: the worst of its resources. */
function syncOf(stream: StreamInfo | undefined, deliveries: readonly DeliveryStatus[], nowMs: number): Record<ResourceType, SyncState> {
  const sync = Object.fromEntries(RESOURCE_TYPES.map((type) => [type, "NOT SENT"])) as Record<ResourceType, SyncState>;
  for (const [typeUrl, count] of stream?.subscriptions() ?? []) {
    const type = TYPE_OF.get(typeUrl);
    if (type !== undefined && count > 0) sync[type] = "SYNCED";
  }
  for (const delivery of deliveries) {
    const type = TYPE_OF.get(delivery.typeUrl);
    if (type === undefined || sync[type] === "NACK") continue;
    if (delivery.nack !== null) sync[type] = "NACK";
    else if (delivery.acked !== delivery.version && nowMs - delivery.sentAtMs > STALE_MS) sync[type] = "STALE";
  }
  return sync;
}

function nacksOf(deliveries: readonly DeliveryStatus[]): ProxyStatus["nacks"] {
  return deliveries.flatMap(({ typeUrl, name, nack }) => {
    const type = TYPE_OF.get(typeUrl);
    return nack === null || type === undefined ? [] : [{ type, name, message: nack.message, at: new Date(nack.atMs).toISOString() }];
  });
}

function resourcesOf(deliveries: readonly DeliveryStatus[]): NonNullable<ProxyStatus["resources"]> {
  return deliveries.flatMap(({ typeUrl, name, version, acked }) => {
    const type = TYPE_OF.get(typeUrl);
    return type === undefined ? [] : [{ type, name, version, acked: acked === version }];
  });
}

/** How many of the proxies that use some resources have the present version of each in force. */
export function programmed(
  streams: readonly StreamInfo[],
  source: ResourceSource,
  resources: readonly { readonly typeUrl: string; readonly name: string }[],
): { acked: number; total: number } {
  const wanted = new Set(resources.map(({ typeUrl, name }) => `${typeUrl} ${name}`));
  let acked = 0;
  let total = 0;
  for (const { subscriber, deliveries } of newestStreams(streams).values()) {
    const concerned = [...deliveries()].filter(({ typeUrl, name }) => wanted.has(`${typeUrl} ${name}`));
    if (concerned.length === 0) continue;
    total += 1;
    const present = ({ typeUrl, name }: DeliveryStatus) => source.lookup(typeUrl, name, subscriber)?.version ?? "";
    if (concerned.every((delivery) => delivery.nack === null && delivery.acked === present(delivery))) acked += 1;
  }
  return { acked, total };
}
