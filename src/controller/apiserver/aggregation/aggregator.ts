import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf } from "../../../lib/errors.ts";
import type { Timer } from "../../../lib/clock.ts";
import { withCondition } from "../../../model/conditions.ts";
import type { Condition } from "../../../model/object.ts";
import { HttpError } from "../../http.ts";
import { type Attributes, MASTERS, type Subject } from "../access/subject.ts";
import { type ApiContext, timestamp } from "../context.ts";
import { bucketOf } from "../request.ts";
import type { FrontProxy } from "./front-proxy.ts";
import { type ApiService, apiServiceKind } from "./kind.ts";
import { proxyRequest } from "./proxy.ts";
import { readResources, type ServedGroup, type ServedResource, type ServedVersion } from "./served-groups.ts";
import { fetchJson, upstreamOf } from "./upstream.ts";

const BUCKET = bucketOf(apiServiceKind);
/** The aggregator asks for itself. */
const SELF: Subject = { username: "system:kube-aggregator", groups: [MASTERS] };
const PROBE_EVERY_MS = 30_000;
const PROBE_TIMEOUT_MS = 5_000;
const MAX_DISCOVERY_CHARS = 2 * 1024 * 1024;

export interface Aggregator {
  /** The APIService that answers for a path; null when the path is ours. */
  find(path: string): ApiService | null;
  /** Passes the request on. Rejects with 503 while the server cannot be reached. */
  answer(request: IncomingMessage, response: ServerResponse, service: ApiService, subject: Subject): Promise<void>;
  /** Another array after each change. */
  groups(): readonly ServedGroup[];
  close(): void;
}

/** Sends groups that APIServices name to their servers, and looks from time to time whether these answer. */
export function createAggregator(api: ApiContext, frontProxy: FrontProxy, onError: (error: unknown) => void): Aggregator {
  const resources = new Map<string, readonly ServedResource[]>();
  let groups: readonly ServedGroup[] = [];
  let timer: Timer | null = null;
  let closed = false;
  let probing = false;
  let again = false;

  const remote = (): ApiService[] =>
    api.store.list(BUCKET).flatMap(({ object }) => ((object as ApiService).spec.service ? [object as ApiService] : []));

  function rebuild(): void {
    const byGroup = new Map<string, (ServedVersion & { readonly priority: number })[]>();
    for (const { metadata, spec, status } of remote()) {
      const available = status?.conditions?.some(({ type, status: holds }) => type === "Available" && holds === "True") ?? false;
      const entry = { version: spec.version, resources: resources.get(metadata.name) ?? [], available, priority: spec.versionPriority };
      byGroup.set(spec.group, [...(byGroup.get(spec.group) ?? []), entry]);
    }
    groups = [...byGroup].map(([group, versions]) => ({
      group,
      versions: versions.toSorted((left, right) => right.priority - left.priority),
    }));
  }

  async function probeAll(): Promise<void> {
    if (probing) {
      again = true;
      return;
    }
    probing = true;
    do {
      again = false;
      for (const service of remote()) await probe(service);
    } while (again && !closed);
    probing = false;
    timer?.cancel();
    timer =
      closed || remote().length === 0 ? null : api.clock.setTimer(() => void probeAll().catch(onError), PROBE_EVERY_MS, { unref: true });
  }

  async function probe({ metadata, spec }: ApiService): Promise<void> {
    let found: Pick<Condition, "status" | "reason" | "message">;
    const upstream = upstreamOf(api.store, spec, frontProxy);
    if ("problem" in upstream) found = { status: "False", reason: upstream.reason, message: upstream.problem };
    else {
      try {
        const path = `/apis/${spec.group}/${spec.version}`;
        resources.set(metadata.name, readResources(await fetchJson(upstream, path, SELF, MAX_DISCOVERY_CHARS, PROBE_TIMEOUT_MS)));
        found = { status: "True", reason: "Passed", message: "all checks passed" };
      } catch (error) {
        found = { status: "False", reason: "FailedDiscoveryCheck", message: `failing or missing response: ${messageOf(error)}` };
      }
    }
    if (!closed) await writeCondition(metadata.name, { type: "Available", ...found });
    rebuild();
  }

  async function writeCondition(name: string, condition: Omit<Condition, "lastTransitionTime">): Promise<void> {
    await api.store.write((transaction) => {
      const stored = transaction.get(BUCKET, name);
      if (stored === undefined) return;
      const { status = {} } = stored.object as ApiService;
      const before = status.conditions ?? [];
      const conditions = withCondition(before, condition, timestamp(api.clock));
      if (conditions !== before) transaction.put(BUCKET, name, { ...stored.object, status: { ...status, conditions: [...conditions] } });
    });
  }

  rebuild();
  void probeAll().catch(onError);
  const unsubscribe = [
    api.store.subscribe(BUCKET, ({ type, previous, current }) => {
      rebuild();
      // Our own conditions are no news.
      if (type !== "MODIFIED" || previous?.object.metadata.generation !== current.object.metadata.generation)
        void probeAll().catch(onError);
    }),
    // A server that appears should not wait for the next round.
    ...["/services", "/endpoints", "discovery.k8s.io/endpointslices"].map((bucket) =>
      api.store.subscribe(bucket, ({ current }) => {
        const { namespace, name, labels } = current.object.metadata;
        const of = labels?.["kubernetes.io/service-name"] ?? name;
        if (remote().some(({ spec }) => spec.service?.namespace === namespace && spec.service?.name === of)) void probeAll().catch(onError);
      }),
    ),
  ];

  return {
    find(path) {
      const [, root, group = "", version = ""] = path.split("/");
      if (root !== "apis" || version === "") return null;
      const stored = api.store.get(BUCKET, `${version}.${group}`)?.object as ApiService | undefined;
      return stored?.spec.service ? stored : null;
    },
    async answer(request, response, { spec }, subject) {
      const upstream = upstreamOf(api.store, spec, frontProxy);
      if ("problem" in upstream) throw new HttpError(503, "ServiceUnavailable", `service unavailable: ${upstream.problem}`);
      await proxyRequest(request, response, upstream, subject);
    },
    groups: () => groups,
    close() {
      closed = true;
      timer?.cancel();
      for (const end of unsubscribe) end();
    },
  };
}

/** What a path of an aggregated group asks for, without knowing its kinds. */
export function aggregatedAttributes(method: string, path: string, query: URLSearchParams): Attributes {
  const [group = "", version = "", ...rest] = path.split("/").slice(2).map(decode);
  const [first, second, third] = rest;
  const inNamespace = first === "namespaces" && third !== undefined;
  const [resource = "", name = "", subresource = ""] = inNamespace ? rest.slice(2) : rest;
  if (resource === "") return { verb: method.toLowerCase(), path };
  const watch = query.get("watch") === "true" || query.get("watch") === "1" || resource === "watch";
  const verbs: Readonly<Record<string, string>> = {
    POST: "create",
    PUT: "update",
    PATCH: "patch",
    DELETE: name === "" ? "deletecollection" : "delete",
  };
  const verb = verbs[method] ?? (watch ? "watch" : name === "" ? "list" : "get");
  return { verb, group, version, resource, subresource, namespace: inNamespace ? (second ?? "") : "", name };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
