import type { KindDescriptor } from "../../model/kind.ts";
import type { KindRegistry } from "../../model/registry.ts";

/** Who writes, through what, and when. */
export interface FieldWriter {
  readonly manager: string;
  /** Version of the request. */
  readonly apiVersion: string;
  readonly subresource: string | undefined;
  readonly nowIso: string;
}

/** What a URL under /api or /apis names. */
export interface ResourceRequest {
  readonly kind: KindDescriptor;
  /** As asked: perhaps an older served one than `kind.version`. */
  readonly version: string;
  /** Absent for cluster-scoped kinds and for lists over every namespace. */
  readonly namespace?: string;
  /** Absent for the collection. */
  readonly name?: string;
  readonly subresource?: string;
  readonly query: URLSearchParams;
  /** Whose the written fields are. */
  readonly writer: FieldWriter;
}

/** A place, before it is known who asks for it. */
export type ResourcePlace = Omit<ResourceRequest, "writer">;

/**
 * `/api/v1/…` and `/apis/<group>/<version>/…` → the resource; null when it is none that is served.
 * Segments are URL-decoded once.
 */
export function parseResourcePath(path: string, query: URLSearchParams, registry: KindRegistry): ResourcePlace | null {
  const segments = decodeSegments(path);
  if (segments === null) return null;
  const [root, ...afterRoot] = segments;
  if (root !== "api" && root !== "apis") return null;
  const [group, version, ...rest] = root === "api" ? ["", ...afterRoot] : afterRoot;
  if (group === undefined || version === undefined) return null;
  const [first, second, third, ...fourth] = rest;
  // `/namespaces/NAME/PLURAL…` is inside; `/namespaces/NAME` and `/namespaces/NAME/status` is the Namespace itself.
  if (first === "namespaces" && third !== undefined) {
    const kind = registry.byResource(group, version, third);
    if (kind?.namespaced && fourth.length <= 2) {
      return {
        kind,
        version,
        query,
        namespace: second as string,
        ...(fourth[0] === undefined ? {} : { name: fourth[0] }),
        ...(fourth[1] === undefined ? {} : { subresource: fourth[1] }),
      };
    }
    if (group !== "") return null;
  }
  const kind = first === undefined ? undefined : registry.byResource(group, version, first);
  if (kind === undefined || fourth.length > 0) return null;
  // Objects of a namespaced kind are reached through their namespace only.
  if (kind.namespaced && second !== undefined) return null;
  return {
    kind,
    version,
    query,
    ...(second === undefined ? {} : { name: second }),
    ...(third === undefined ? {} : { subresource: third }),
  };
}

function decodeSegments(path: string): string[] | null {
  try {
    const segments = path
      .replace(/^\/|\/$/g, "")
      .split("/")
      .map(decodeURIComponent);
    return segments.some((segment) => segment === "" || segment.includes("/")) ? null : segments;
  } catch {
    return null;
  }
}

/** Kinds that are custom resources on a cluster; clients treat those differently from the built-in ones. */
export function isCustom(kind: KindDescriptor): boolean {
  return kind.custom === true || kind.group === "meshctl.dev" || kind.group === "gateway.networking.k8s.io";
}

/** Where objects of the kind lie in the store. */
export function bucketOf(kind: KindDescriptor): string {
  return `${kind.group}/${kind.plural}`;
}

/** Key of the named object in its bucket. */
export function storeKey(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
