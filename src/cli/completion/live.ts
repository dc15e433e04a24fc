import { API, type TraceList } from "../../api/contract.ts";
import type { KubeClient } from "../../kube/contract.ts";
import { type Service, serviceKind } from "../../model/kinds/service.ts";
import { namespaceKind } from "../../model/kinds/namespace.ts";
import { type Workload, workloadKind } from "../../model/kinds/workload.ts";
import { allKinds } from "../../policies/kinds.ts";
import type { Completes } from "../command.ts";
import type { Context } from "../context.ts";
import { knownBackends } from "../split/backends.ts";
import { request } from "../trace/span-cells.ts";
import type { Candidate } from "./position.ts";

/** What lives in the mesh under a name that could stand here. Rejects when the controller does not answer. */
export async function liveCandidates(
  context: Context,
  completes: Completes,
  args: readonly string[],
  namespace: string,
  current: string,
): Promise<Candidate[]> {
  if (typeof completes !== "string") return completes.map((value) => ({ value, description: "" }));
  switch (completes) {
    case "kind":
      if (current.includes("/")) return slashed(await context.client(), current, namespace);
      return allKinds().all.flatMap(({ plural, shortNames = [], description }) =>
        [plural, ...shortNames].map((value) => ({ value, description })),
      );
    case "context":
      return (await context.contexts()).contexts.map(({ name, server }) => ({ value: name, description: server }));
    case "namespace":
      return names(await context.client(), namespaceKind, undefined);
    case "service":
      return names(await context.client(), serviceKind, namespace);
    case "workload":
      return workloads(await context.client(), namespace);
    case "target":
      return targets(await context.client(), namespace);
    case "version":
      return versions(await context.client(), args[0] ?? "", namespace);
    case "object": {
      if (current.includes("/")) return slashed(await context.client(), current, namespace);
      const kind = allKinds().resolve(args[0] ?? "");
      return kind === undefined ? [] : names(await context.client(), kind, kind.namespaced ? namespace : undefined);
    }
    case "trace":
      return traces(await context.client(), namespace);
    case "file":
    case "directory":
      return [];
  }
}

async function names(client: KubeClient, kind: Parameters<KubeClient["list"]>[0], namespace: string | undefined): Promise<Candidate[]> {
  const { items } = await client.list(kind, namespace === undefined ? {} : { namespace });
  return items.map(({ metadata }) => ({ value: metadata.name, description: kind.kind }));
}

async function workloads(client: KubeClient, namespace: string): Promise<Candidate[]> {
  const { items } = await client.list<Workload>(workloadKind, { namespace });
  return items.map(({ metadata, spec }) => ({ value: metadata.name, description: `Workload${spec?.version ? ` ${spec.version}` : ""}` }));
}

/** The last ones of the namespace, by what they asked for. */
async function traces(client: KubeClient, namespace: string): Promise<Candidate[]> {
  const list = await client.request<TraceList>("GET", `${API.TRACES}?namespace=${encodeURIComponent(namespace)}`);
  return list.traces.map(({ traceId, first }) => ({ value: traceId, description: request(first) }));
}

/** Services as they are; everything else by its prefix. */
async function targets(client: KubeClient, namespace: string): Promise<Candidate[]> {
  const [services, running] = await Promise.all([names(client, serviceKind, namespace), workloads(client, namespace)]);
  return [...services, ...running.map(({ value, description }) => ({ value: `workload/${value}`, description }))];
}

/** `workload/` → `workload/web`: objects of the kind before the slash. */
async function slashed(client: KubeClient, current: string, namespace: string): Promise<Candidate[]> {
  const word = current.slice(0, current.indexOf("/"));
  const kind = allKinds().resolve(word);
  if (kind === undefined) return [];
  const found = await names(client, kind, kind.namespaced ? namespace : undefined);
  return found.map(({ value, description }) => ({ value: `${word}/${value}`, description }));
}

/** `v1=`, for the number that follows. */
async function versions(client: KubeClient, service: string, namespace: string): Promise<Candidate[]> {
  const services = (await client.list<Service>(serviceKind, { namespace })).items;
  return knownBackends(service, 0, services).map(({ version, service: backend }) => ({ value: `${version}=`, description: backend }));
}
