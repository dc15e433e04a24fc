import { HttpError } from "../../http.ts";
import type { ResourcePlace } from "../request.ts";
import type { Store } from "../store/contract.ts";
import { decide } from "./rbac.ts";
import type { Attributes, Subject } from "./subject.ts";

const VERBS: Readonly<Record<string, string>> = { POST: "create", PUT: "update", PATCH: "patch" };

/** What a request asks for, as roles name it. */
export function attributesOf(method: string, path: string, resource: ResourcePlace | null): Attributes {
  if (resource === null) return { verb: method.toLowerCase(), path };
  const { kind, version, namespace = "", name = "", subresource = "", query } = resource;
  // A Namespace lies in itself, as far as roles go.
  const inside = kind.group === "" && kind.plural === "namespaces" ? name : namespace;
  return { verb: verbOf(method, name, query), group: kind.group, version, resource: kind.plural, subresource, namespace: inside, name };
}

function verbOf(method: string, name: string, query: URLSearchParams): string {
  if (method === "GET" || method === "HEAD") {
    const watch = query.get("watch");
    if (watch === "true" || watch === "1") return "watch";
    return name === "" ? "list" : "get";
  }
  if (method === "DELETE") return name === "" ? "deletecollection" : "delete";
  return VERBS[method] ?? method.toLowerCase();
}

/** Throws 403 in the words of API servers when the stored roles do not allow it. */
export function requireAllowed(store: Store, subject: Subject, attributes: Attributes): void {
  if (decide(store, subject, attributes).allowed) return;
  throw refusal(subject, attributes);
}

/** The right to be taken for another. */
export function requireImpersonation(store: Store, subject: Subject, other: Subject): void {
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(other.username);
  const base = { verb: "impersonate", group: "", version: "v1", subresource: "", namespace: "" };
  const wanted: Attributes[] = [
    account === null
      ? { ...base, resource: "users", name: other.username }
      : { ...base, resource: "serviceaccounts", namespace: account[1] ?? "", name: account[2] ?? "" },
    // Groups that follow from the user are not asked for.
    ...other.groups
      .filter((group) => group !== "system:authenticated" && !(account !== null && group.startsWith("system:serviceaccounts")))
      .map((name) => ({ ...base, resource: "groups", name })),
    ...(other.uid === undefined ? [] : [{ ...base, group: "authentication.k8s.io", resource: "uids", name: other.uid }]),
    ...Object.entries(other.extra ?? {}).flatMap(([key, values]) =>
      values.map((name) => ({ ...base, group: "authentication.k8s.io", resource: "userextras", subresource: key, name })),
    ),
  ];
  for (const attributes of wanted) requireAllowed(store, subject, attributes);
}

function refusal({ username }: Subject, attributes: Attributes): HttpError {
  if ("path" in attributes) {
    const message = `forbidden: User "${username}" cannot ${attributes.verb} path "${attributes.path}"`;
    return new HttpError(403, "Forbidden", message, {});
  }
  const { verb, group, resource, subresource, namespace, name } = attributes;
  const full = group === "" ? resource : `${resource}.${group}`;
  const what = subresource === "" ? resource : `${resource}/${subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const message = `${full}${name === "" ? "" : ` "${name}"`} is forbidden: User "${username}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`;
  return new HttpError(403, "Forbidden", message, { ...(name === "" ? {} : { name }), group, kind: resource });
}
