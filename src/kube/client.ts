import type { KubeObject } from "../model/object.ts";
import { formatApiVersion } from "../model/api-version.ts";
import type { KindRef, KubeClient, ListOptions, ObjectList, WatchEvent, WriteOptions } from "./contract.ts";
import { resourcePath } from "./kind-ref.ts";
import { errorOfStatus, Transport, type TransportOptions } from "./transport.ts";

export type KubeClientOptions = TransportOptions;

/** Objects of one page; lists are read page by page and come back whole. */
const PAGE = 500;

interface RawList<T> {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly T[] | null;
}

/** A client of one Kubernetes-shaped API. Every rejection is a {@link KubeError}, or the abort reason of the caller's signal. */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  const transport = new Transport(options);

  async function* watch<T extends KubeObject>(
    kind: KindRef,
    resourceVersion: string,
    list: ListOptions = {},
  ): AsyncGenerator<WatchEvent<T>> {
    const query = { ...selectorQuery(list), watch: "true", allowWatchBookmarks: "true", resourceVersion };
    const path = withQuery(resourcePath(kind, list.namespace), query);
    for await (const event of transport.lines<{ type: string; object: T }>({ method: "GET", path, signal: list.signal })) {
      if (event.type === "ERROR") throw errorOfStatus(event.object as never);
      yield event as WatchEvent<T>;
    }
  }

  /** The first page says how it stands; with `limit` it is the only one. */
  async function listAll<T extends KubeObject>(kind: KindRef, asked: ListOptions = {}): Promise<ObjectList<T>> {
    const items: T[] = [];
    let resourceVersion = "";
    let token: string | undefined;
    do {
      const query = { ...selectorQuery(asked), limit: String(asked.limit ?? PAGE), continue: token };
      const page: RawList<T> = await transport.json({
        method: "GET",
        path: withQuery(resourcePath(kind, asked.namespace), query),
        signal: asked.signal,
      });
      resourceVersion ||= page.metadata.resourceVersion ?? "";
      // Items of a list may come without what is the same for all of them.
      const apiVersion = formatApiVersion(kind.group, kind.version);
      for (const item of page.items ?? []) items.push({ apiVersion, kind: kind.kind, ...(item as object) } as T);
      token = asked.limit === undefined ? page.metadata.continue || undefined : undefined;
    } while (token !== undefined);
    return { resourceVersion, items };
  }

  function put<T extends KubeObject>(kind: KindRef, object: T, write: WriteOptions | undefined, subresource?: "status"): Promise<T> {
    const path = resourcePath(kind, object.metadata.namespace, object.metadata.name, subresource);
    return transport.json({ method: "PUT", path: withQuery(path, writeQuery(write)), body: object, signal: write?.signal });
  }

  return {
    list: listAll,
    watch,
    get: (kind, name, namespace, options) =>
      transport.json({ method: "GET", path: resourcePath(kind, namespace, name), signal: options?.signal }),
    create: (kind, object, write) =>
      transport.json({
        method: "POST",
        path: withQuery(resourcePath(kind, object.metadata.namespace), writeQuery(write)),
        body: object,
        signal: write?.signal,
      }),
    update: (kind, object, write) => put(kind, object, write),
    updateStatus: (kind, object, write) => put(kind, object, write, "status"),
    patch: (kind, name, namespace, patch, write) =>
      transport.json({
        method: "PATCH",
        path: withQuery(resourcePath(kind, namespace, name, write?.subresource), writeQuery(write)),
        body: patch,
        contentType: "application/merge-patch+json",
        signal: write?.signal,
      }),
    apply: (kind, object, write) =>
      transport.json({
        method: "PATCH",
        path: withQuery(resourcePath(kind, object.metadata.namespace, object.metadata.name), {
          ...writeQuery(write),
          force: write.force ? "true" : undefined,
        }),
        // JSON is YAML.
        body: object,
        contentType: "application/apply-patch+yaml",
        signal: write.signal,
      }),
    async delete(kind, name, namespace, write) {
      const path = withQuery(resourcePath(kind, namespace, name), { dryRun: write?.dryRun ? "All" : undefined });
      await transport.json({ method: "DELETE", path, signal: write?.signal });
    },
    request: (method, path, body, more) => transport.json({ method, path, body, signal: more?.signal }),
    stream: (path, more) => transport.lines({ method: "GET", path, signal: more?.signal }),
    close: () => transport.close(),
  };
}

type Query = Readonly<Record<string, string | undefined>>;

function selectorQuery({ labelSelector, fieldSelector }: ListOptions): Query {
  return { labelSelector, fieldSelector };
}

function writeQuery({ dryRun, fieldManager, fieldValidation = "Strict" }: WriteOptions = {}): Query {
  return { fieldValidation, fieldManager: fieldManager ?? "meshctl", dryRun: dryRun ? "All" : undefined };
}

function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams(Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined));
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}
