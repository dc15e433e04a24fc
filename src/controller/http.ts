/** How parts of the controller offer HTTP endpoints; src/controller/serve mounts them on one HTTPS server. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** Who calls, as proven. */
export type Caller =
  | { readonly kind: "anonymous" }
  /** The CLI's bearer token, or the controller itself. */
  | { readonly kind: "admin"; readonly user: string; readonly groups: readonly string[] }
  /** A verified mesh certificate presented in this TLS connection. */
  | { readonly kind: "workload"; readonly identity: string; readonly serial: string; readonly leafDer: Buffer };

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** Path parameters, URL-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly caller: Caller;
  /** Bearer token as sent, for endpoints that judge it themselves (join tokens). */
  readonly bearer: string | null;
  /** Whole body; rejects with a 413 {@link HttpError} over `maxBytes` (default 1.5 MiB). */
  body(maxBytes?: number): Promise<Buffer>;
  json(status: number, value: unknown): void;
}

/** Becomes a Kubernetes Status answer. */
export class HttpError extends Error {
  readonly status: number;
  /** Kubernetes StatusReason: NotFound, Unauthorized, Forbidden, BadRequest, Conflict… */
  readonly reason: string;
  readonly details: object | undefined;
  /** `metadata` of the Status, where it says more: a list that cannot go on tells how it can begin again. */
  readonly metadata: object | undefined;

  constructor(status: number, reason: string, message: string, details?: object, metadata?: object) {
    super(message);
    this.name = "HttpError";
    this.status = status;
    this.reason = reason;
    this.details = details;
    this.metadata = metadata;
  }
}

export interface Endpoint {
  readonly method: string;
  /** `/meshctl/v1/proxies/:namespace/:instance`; a trailing `/*` takes the rest. `*` as method takes all. */
  readonly path: string;
  /** `self`: the handler judges the caller (and any bearer token) itself. */
  readonly access: "public" | "admin" | "self";
  handle(exchange: Exchange): Promise<void> | void;
}
