import type { KubeObject } from "../model/object.ts";

/** Which REST collection: enough to build a URL. */
export interface KindRef {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export interface ListOptions {
  /** Absent: every namespace. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface ObjectList<T extends KubeObject = KubeObject> {
  readonly resourceVersion: string;
  readonly items: readonly T[];
}

/** ERROR events become thrown {@link KubeError}s, BOOKMARK ones are passed on. */
export interface WatchEvent<T extends KubeObject = KubeObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: T;
}

export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  /** Default Strict: unknown fields are errors. */
  readonly fieldValidation?: "Strict" | "Warn" | "Ignore";
  readonly signal?: AbortSignal;
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** Takes fields over from other managers. */
  readonly force?: boolean;
}

/** A Kubernetes-shaped API, local or a cluster's. Rejections are {@link KubeError} (src/kube/error.ts). */
export interface KubeClient {
  list<T extends KubeObject>(kind: KindRef, options?: ListOptions): Promise<ObjectList<T>>;
  get<T extends KubeObject>(kind: KindRef, name: string, namespace?: string, options?: { readonly signal?: AbortSignal }): Promise<T>;
  create<T extends KubeObject>(kind: KindRef, object: T, options?: WriteOptions): Promise<T>;
  update<T extends KubeObject>(kind: KindRef, object: T, options?: WriteOptions): Promise<T>;
  updateStatus<T extends KubeObject>(kind: KindRef, object: T, options?: WriteOptions): Promise<T>;
  /** JSON merge patch (RFC 7386). */
  patch<T extends KubeObject>(
    kind: KindRef,
    name: string,
    namespace: string | undefined,
    patch: object,
    options?: WriteOptions & { readonly subresource?: "status" },
  ): Promise<T>;
  /**
   * Server-side apply: creates or changes the object so that the fields of `object` are as given and belong to `fieldManager`; fields that it
   * owned and `object` leaves out go. 409 with a cause for each field that another manager has set otherwise, unless `force`.
   */
  apply<T extends KubeObject>(kind: KindRef, object: T, options: ApplyOptions): Promise<T>;
  delete(kind: KindRef, name: string, namespace?: string, options?: WriteOptions): Promise<void>;
  /** Streams from `resourceVersion`; ends when the server closes or `signal` aborts. 410 throws. */
  watch<T extends KubeObject>(kind: KindRef, resourceVersion: string, options?: ListOptions): AsyncIterable<WatchEvent<T>>;
  /** Any other path of the same server, JSON in and out. */
  request<T>(method: string, path: string, body?: unknown, options?: { readonly signal?: AbortSignal }): Promise<T>;
  /** NDJSON from a path of the same server, one parsed value a line. */
  stream<T>(path: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<T>;
  close(): Promise<void>;
}
