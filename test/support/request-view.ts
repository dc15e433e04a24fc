import type { RequestView, Source } from "../../src/policies/contract.ts";

export const SOURCE_WEB: Source = Object.freeze({
  identity: "spiffe://cluster.local/ns/default/sa/web",
  namespace: "default",
  serviceAccount: "web",
  workload: "web",
});

/** A request head as rules see it. `target` is canonical path and query. */
export function requestView(target = "/", over: { method?: string; headers?: Record<string, string>; source?: Source } = {}): RequestView {
  const question = target.indexOf("?");
  const headers = new Map(Object.entries(over.headers ?? {}));
  return {
    method: over.method ?? "GET",
    path: question === -1 ? target : target.slice(0, question),
    query: question === -1 ? "" : target.slice(question + 1),
    authority: "api",
    header: (name) => headers.get(name),
    source: over.source ?? SOURCE_WEB,
  };
}
