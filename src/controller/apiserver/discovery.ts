import { VERSION } from "../../lib/version.ts";
import { formatApiVersion } from "../../model/api-version.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import { type KindRegistry, servedVersions } from "../../model/registry.ts";
import { aggregatedItem, legacyGroup, type ServedGroup } from "./aggregation/served-groups.ts";
import { answerJson } from "./answer.ts";
import { negotiate } from "./negotiate.ts";
import { createOpenApi } from "./openapi.ts";
import type { Reply } from "./send.ts";
import { methodNotAllowed } from "./status.ts";

const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const STATUS_VERBS = ["get", "patch", "update"];

/** Which Kubernetes this protocol is; the build after the plus is ours. */
const SERVER_VERSION = Object.freeze({
  major: "1",
  minor: "32",
  gitVersion: "v1.32.0+meshctl",
  gitCommit: VERSION,
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: `node${process.versions.node}`,
  compiler: "node",
  platform: `${process.platform}/${process.arch}`,
});

export interface Discovery {
  /** Answers a path that describes the API; false for every other path. */
  answer(reply: Reply, path: string): boolean;
}

/** What the API serves, in every form clients ask for it. All documents are made once, and again when the kinds change. */
export function createDiscovery(kinds: KindRegistry, servedElsewhere: () => readonly ServedGroup[] = () => []): Discovery {
  let all = kinds.all;
  let elsewhere = servedElsewhere();
  let discovery = discoveryOf(all, elsewhere);
  return {
    answer(reply, path) {
      if (all !== kinds.all || elsewhere !== servedElsewhere()) {
        all = kinds.all;
        elsewhere = servedElsewhere();
        discovery = discoveryOf(all, elsewhere);
      }
      return discovery.answer(reply, path);
    },
  };
}

function discoveryOf(kinds: readonly KindDescriptor[], servedElsewhere: readonly ServedGroup[]): Discovery {
  const groups = groupsOf(kinds);
  // Of a group that is here too, what is here counts.
  const elsewhere = servedElsewhere.filter(({ group }) => !groups.has(group));
  const documents = new Map<string, object>([
    ["/version", SERVER_VERSION],
    ["/api", { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] }],
    [
      "/apis",
      {
        kind: "APIGroupList",
        apiVersion: "v1",
        groups: [
          ...[...groups].filter(([group]) => group !== "").map(([group, list]) => apiGroup(group, list)),
          ...elsewhere.map(legacyGroup),
        ],
      },
    ],
  ]);
  for (const served of elsewhere) documents.set(`/apis/${served.group}`, { ...legacyGroup(served), kind: "APIGroup", apiVersion: "v1" });
  for (const [group, list] of groups) {
    if (group !== "") documents.set(`/apis/${group}`, { ...apiGroup(group, list), kind: "APIGroup", apiVersion: "v1" });
    for (const version of versionsOf(list)) {
      documents.set(group === "" ? `/api/${version}` : `/apis/${group}/${version}`, resourceList(group, version, list));
    }
  }
  const openApi = createOpenApi(groups);
  return {
    answer(reply, rawPath) {
      const { request } = reply;
      const path = rawPath.length > 1 ? rawPath.replace(/\/$/, "") : rawPath;
      if (!documents.has(path) && !path.startsWith("/openapi")) return false;
      if (request.method !== "GET") throw methodNotAllowed();
      if (path.startsWith("/openapi")) {
        openApi.answer(reply, path);
        return true;
      }
      const wanted = negotiate(request.headers.accept, path === "/api" || path === "/apis" ? ["APIGroupDiscoveryList"] : []);
      if (wanted.as === "APIGroupDiscoveryList") {
        const some = [...groups].filter(([group]) => (group === "") === (path === "/api"));
        const value = {
          kind: "APIGroupDiscoveryList",
          apiVersion: `apidiscovery.k8s.io/${wanted.version}`,
          metadata: {},
          items: [...some.map(([group, list]) => aggregatedGroup(group, list)), ...(path === "/apis" ? elsewhere.map(aggregatedItem) : [])],
        };
        answerJson(reply, value, {
          "Content-Type": `application/json;g=apidiscovery.k8s.io;v=${wanted.version};as=APIGroupDiscoveryList`,
        });
      } else answerJson(reply, documents.get(path) as object);
      return true;
    },
  };
}

/** group → its kinds, in the order of the registry. */
export type Groups = ReadonlyMap<string, readonly KindDescriptor[]>;

function groupsOf(kinds: readonly KindDescriptor[]): Groups {
  const groups = new Map<string, KindDescriptor[]>();
  for (const kind of kinds) groups.set(kind.group, [...(groups.get(kind.group) ?? []), kind]);
  return groups;
}

/** Stored versions first. */
export function versionsOf(kinds: readonly KindDescriptor[]): readonly string[] {
  return [...new Set([...kinds.map((kind) => kind.version), ...kinds.flatMap(servedVersions)])];
}

export function kindsOfVersion(kinds: readonly KindDescriptor[], version: string): readonly KindDescriptor[] {
  return kinds.filter((kind) => servedVersions(kind).includes(version));
}

function apiGroup(group: string, kinds: readonly KindDescriptor[]): object {
  const versions = versionsOf(kinds).map((version) => ({ groupVersion: formatApiVersion(group, version), version }));
  return { name: group, versions, preferredVersion: versions[0] };
}

function resourceList(group: string, version: string, kinds: readonly KindDescriptor[]): object {
  const resources = kindsOfVersion(kinds, version).flatMap((kind) => {
    const { shortNames, categories, plural, singular, namespaced } = kind;
    const main = {
      name: plural,
      singularName: singular,
      namespaced,
      kind: kind.kind,
      verbs: kind.verbs ?? VERBS,
      ...nonEmpty({ shortNames, categories }),
    };
    const below = subresourcesOf(kind, version).map(({ name, responseKind, verbs }) => ({
      name: `${plural}/${name}`,
      singularName: "",
      namespaced,
      ...(responseKind.group === group ? {} : { group: responseKind.group, version: responseKind.version }),
      kind: responseKind.kind,
      verbs,
    }));
    return [main, ...below];
  });
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion: formatApiVersion(group, version), resources };
}

function aggregatedGroup(group: string, kinds: readonly KindDescriptor[]): object {
  const versions = versionsOf(kinds).map((version) => ({
    version,
    freshness: "Current",
    resources: kindsOfVersion(kinds, version).map((kind) => {
      const responseKind = { group, version, kind: kind.kind };
      const { shortNames, categories } = kind;
      return {
        resource: kind.plural,
        responseKind,
        scope: kind.namespaced ? "Namespaced" : "Cluster",
        singularResource: kind.singular,
        verbs: kind.verbs ?? VERBS,
        ...nonEmpty({ shortNames, categories }),
        ...nonEmpty({ subresources: subresourcesOf(kind, version).map(({ name, ...more }) => ({ subresource: name, ...more })) }),
      };
    }),
  }));
  return { metadata: { name: group, creationTimestamp: null }, versions };
}

interface Subresource {
  readonly name: string;
  readonly responseKind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly verbs: readonly string[];
}

function subresourcesOf({ group, kind, status, scale }: KindDescriptor, version: string): readonly Subresource[] {
  const token = { name: "token", responseKind: { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" }, verbs: ["create"] };
  return [
    ...(scale === undefined
      ? []
      : [{ name: "scale", responseKind: { group: "autoscaling", version: "v1", kind: "Scale" }, verbs: STATUS_VERBS }]),
    ...(status ? [{ name: "status", responseKind: { group, version, kind }, verbs: STATUS_VERBS }] : []),
    ...(group === "" && kind === "ServiceAccount" ? [token] : []),
  ];
}

function nonEmpty(lists: Readonly<Record<string, readonly unknown[] | undefined>>): object {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list !== undefined && list.length > 0));
}
