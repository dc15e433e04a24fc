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
  overload(instance: string): ProxyStatus["overload"];
}

/** Every proxy that is connected or registered, by name. */
export function listProxies(context: StatusContext): ProxyStatus[] {
  const byProxy = streamsByProxy(context.streams);
  const ids = new Set(byProxy.keys());
  for (const workload of context.store.all<Workload>("Workload")) ids.add(keyOf(workload));
  return [...ids].sort().map((id) => describe(id, byProxy.get(id) ?? [], context, false));
}

/** One proxy with its resources; null when it is neither connected nor registered. */
export function describeProxy(context: StatusContext, id: string): ProxyStatus | null {
  const streams = streamsByProxy(context.streams).get(id) ?? [];
  if (streams.length === 0 && context.store.get("Workload", id) === undefined) return null;
  return describe(id, streams, context, true);
}

/** The streams of each proxy, one for each of its processes: of overlapping ones the newest speaks for it. */
function streamsByProxy(streams: readonly StreamInfo[]): Map<string, StreamInfo[]> {
  const newest = new Map<string, StreamInfo>();
  for (const stream of streams) {
    const key = `${stream.subscriber.id} ${stream.subscriber.part}`;
    const other = newest.get(key);
    if (other === undefined || other.connectedAtMs <= stream.connectedAtMs) newest.set(key, stream);
  }
  const byProxy = new Map<string, StreamInfo[]>();
  for (const stream of newest.values()) {
    const { id } = stream.subscriber;
    byProxy.set(id, [...(byProxy.get(id) ?? []), stream]);
  }
  return byProxy;
}

/** Several processes are as far as the last of them: its certificate, its connection, the worst state. */
function describe(id: string, streams: readonly StreamInfo[], context: StatusContext, withResources: boolean): ProxyStatus {
  const [namespace = "", instance = ""] = id.split("/");
  const workload = context.store.get<Workload>("Workload", id);
  const deliveries = streams.flatMap((one) => [...one.deliveries()]);
  const [stream] = streams.toSorted((a, b) => b.connectedAtMs - a.connectedAtMs);
  const peers = streams.map(({ subscriber }) => subscriber.peer);
  const [peer] = peers.toSorted((a, b) => a.notBeforeMs - b.notBeforeMs);
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
    sync: syncOf(streams, deliveries, context.nowMs),
    nacks: nacksOf(deliveries),
    address: peer?.address ?? "",
    processes: streams.length,
    clockSkewMs: context.clockSkewMs(id),
    overload: context.overload(id),
    ...(withResources ? { resources: resourcesOf(deliveries) } : {}),
  };
}

/** The state of each type: the worst of its resources. */
function syncOf(streams: readonly StreamInfo[], deliveries: readonly DeliveryStatus[], nowMs: number): Record<ResourceType, SyncState> {
  const sync = Object.fromEntries(RESOURCE_TYPES.map((type) => [type, "NOT SENT"])) as Record<ResourceType, SyncState>;
  for (const [typeUrl, count] of streams.flatMap((stream) => [...stream.subscriptions()])) {
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

/** What several processes refuse alike is told once. */
function nacksOf(deliveries: readonly DeliveryStatus[]): ProxyStatus["nacks"] {
  const nacks = new Map<string, ProxyStatus["nacks"][number]>();
  for (const { typeUrl, name, nack } of deliveries) {
    const type = TYPE_OF.get(typeUrl);
    if (nack === null || type === undefined) continue;
    nacks.set(`${type} ${name} ${nack.message}`, { type, name, message: nack.message, at: new Date(nack.atMs).toISOString() });
  }
  return [...nacks.values()];
}

/** One row for each resource: acknowledged when every process that has it has acknowledged what it was sent last. */
function resourcesOf(deliveries: readonly DeliveryStatus[]): NonNullable<ProxyStatus["resources"]> {
  const rows = new Map<string, NonNullable<ProxyStatus["resources"]>[number]>();
  for (const { typeUrl, name, version, acked } of deliveries) {
    const type = TYPE_OF.get(typeUrl);
    if (type === undefined) continue;
    const key = `${type} ${name}`;
    const other = rows.get(key);
    rows.set(key, { type, name, version, acked: acked === version && (other?.acked ?? true) && (other?.version ?? version) === version });
  }
  return [...rows.values()];
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
  for (const parts of streamsByProxy(streams).values()) {
    const concerned = parts.flatMap(({ subscriber, deliveries }) =>
      [...deliveries()].filter(({ typeUrl, name }) => wanted.has(`${typeUrl} ${name}`)).map((delivery) => ({ subscriber, delivery })),
    );
    if (concerned.length === 0) continue;
    total += 1;
    const inForce = concerned.every(({ subscriber, delivery: { typeUrl, name, nack, acked: has } }) => {
      return nack === null && has === (source.lookup(typeUrl, name, subscriber)?.version ?? "");
    });
    if (inForce) acked += 1;
  }
  return { acked, total };
}
