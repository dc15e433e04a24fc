import type { KindDescriptor } from "../../model/kind.ts";

/** `io.k8s.api.core.v1.Service`, `dev.meshctl.v1alpha1.Workload`: the group from its end to its beginning. */
export function schemaName(kind: KindDescriptor, version: string): string {
  const group = kind.group === "" ? "io.k8s.api.core" : kind.group.split(".").toReversed().join(".");
  return `${group}.${version}.${kind.kind}`;
}

type Parameter = readonly [name: string, type: "string" | "boolean" | "integer", description: string];

const WRITE: readonly Parameter[] = [
  ["dryRun", "string", "All: the request is judged, and nothing is kept."],
  ["fieldManager", "string", "Name of who writes."],
  ["fieldValidation", "string", "What to do with unknown fields: Strict, Warn or Ignore."],
];
const LIST: readonly Parameter[] = [
  ["labelSelector", "string", "Labels of the wanted objects."],
  ["fieldSelector", "string", "Fields of the wanted objects."],
  ["limit", "integer", "Objects of one page."],
  ["continue", "string", "Where the page starts."],
  ["resourceVersion", "string", "State to watch from."],
  ["watch", "boolean", "Stream changes instead of listing."],
  ["allowWatchBookmarks", "boolean", "Tell from time to time how far the watch is."],
  ["sendInitialEvents", "boolean", "Begin a watch with the present state."],
  ["timeoutSeconds", "integer", "End of the watch."],
];
const DELETE: readonly Parameter[] = [["dryRun", "string", "All: the request is judged, and nothing is kept."]];

/** The REST paths of a kind with their operations; clients read actions, kinds and query parameters from it. */
export function openApiPathsOf(kind: KindDescriptor, version: string): Record<string, object> {
  const root = kind.group === "" ? `/api/${version}` : `/apis/${kind.group}/${version}`;
  const collection = kind.namespaced ? `${root}/namespaces/{namespace}/${kind.plural}` : `${root}/${kind.plural}`;
  const operation = (action: string, parameters: readonly Parameter[], body: readonly string[] = []): object => ({
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": { group: kind.group, version, kind: kind.kind },
    parameters: parameters.map(([name, type, description]) => ({ name, in: "query", description, schema: { type, uniqueItems: true } })),
    ...(body.length === 0 ? {} : { requestBody: { content: contentOf(kind, version, body) } }),
    responses: { "200": { description: "OK", content: contentOf(kind, version, ["application/json"]) } },
  });
  const list = operation("list", LIST);
  const named = {
    get: operation("get", []),
    put: operation("put", WRITE, ["application/json"]),
    patch: operation("patch", WRITE, ["application/merge-patch+json", "application/json-patch+json"]),
  };
  const paths: Record<string, object> = {
    [collection]: { get: list, post: operation("post", WRITE, ["application/json"]), delete: operation("deletecollection", DELETE) },
    [`${collection}/{name}`]: { ...named, delete: operation("delete", DELETE) },
  };
  if (kind.namespaced) paths[`${root}/${kind.plural}`] = { get: list };
  if (kind.status) paths[`${collection}/{name}/status`] = named;
  return paths;
}

function contentOf(kind: KindDescriptor, version: string, types: readonly string[]): object {
  const schema = { $ref: `#/components/schemas/${schemaName(kind, version)}` };
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}
