import type { KubeObject } from "../../../model/object.ts";
import { servedVersions } from "../../../model/registry.ts";
import { matchesLabels } from "../match-labels.ts";
import type { ResourceRequest } from "../request.ts";
import type { Store } from "../store/contract.ts";
import type { Webhook, WebhookRule } from "./configuration.ts";

export type Operation = "CREATE" | "UPDATE" | "DELETE";

/** One object that a request writes. */
export interface ChangedObject {
  readonly operation: Operation;
  readonly before: KubeObject | null;
  /** Null when it is deleted. */
  readonly after: KubeObject | null;
}

/**
 * The version of the resource in which the webhook wants to hear of the change; null when it does not. With matchPolicy
 * Equivalent (the default) a rule about another version of the same kind counts too.
 */
export function wantedVersion(store: Store, webhook: Webhook, request: ResourceRequest, change: ChangedObject): string | null {
  const { kind, version } = request;
  const others = webhook.matchPolicy === "Exact" ? [] : servedVersions(kind).filter((other) => other !== version);
  const found = [version, ...others].find((candidate) =>
    (webhook.rules ?? []).some((rule) => ruleMatches(rule, request, candidate, change.operation)),
  );
  if (found === undefined || !selectsNamespace(store, webhook, request, change)) return null;
  const selector = webhook.objectSelector ?? {};
  const objects = [change.after, change.before].filter((object) => object !== null);
  return objects.some(({ metadata }) => matchesLabels(selector, metadata.labels ?? {})) ? found : null;
}

function ruleMatches(rule: WebhookRule, { kind, subresource = "" }: ResourceRequest, version: string, operation: Operation): boolean {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope = "*" } = rule;
  return (
    includes(operations, operation) &&
    includes(apiGroups, kind.group) &&
    includes(apiVersions, version) &&
    resources.some((entry) => resourceMatches(entry, kind.plural, subresource)) &&
    (scope === "*" || (scope === "Namespaced") === kind.namespaced)
  );
}

/** `pods`, `pods/status`, `pods/*`, `*` (no subresources), `*` with a subresource, and everything. */
function resourceMatches(entry: string, plural: string, subresource: string): boolean {
  const [resource = "", sub = ""] = entry.split("/");
  if (resource !== "*" && resource !== plural) return false;
  return sub === "*" || sub === subresource;
}

function includes(list: readonly string[], value: string): boolean {
  return list.includes("*") || list.includes(value);
}

/** Objects outside namespaces are not held back by a namespace selector; a Namespace is judged by its own labels. */
function selectsNamespace(
  store: Store,
  { namespaceSelector = {} }: Webhook,
  { kind, namespace }: ResourceRequest,
  change: ChangedObject,
): boolean {
  if (kind.group === "" && kind.kind === "Namespace") {
    return matchesLabels(namespaceSelector, (change.after ?? change.before)?.metadata.labels ?? {});
  }
  if (namespace === undefined) return true;
  return matchesLabels(namespaceSelector, store.get("/namespaces", namespace)?.object.metadata.labels ?? {});
}
