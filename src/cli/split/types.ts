import type { KubeObject } from "../../model/object.ts";

/** What this command reads of a Service. */
export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly appProtocol?: string;
}
export type Service = KubeObject<{ readonly ports?: readonly ServicePort[] }>;

interface Reference {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly port?: number;
}

export interface RouteRule {
  readonly name?: string;
  readonly matches?: readonly RouteMatch[];
  readonly filters?: readonly unknown[];
  readonly backendRefs?: readonly (Reference & { readonly weight?: number; readonly filters?: readonly unknown[] })[];
  readonly [field: string]: unknown;
}

export interface RouteMatch {
  readonly path?: { readonly type?: string; readonly value?: string };
  readonly method?: string;
  readonly headers?: readonly { readonly type?: string; readonly name: string; readonly value: string }[];
  readonly queryParams?: readonly { readonly type?: string; readonly name: string; readonly value: string }[];
}

/** What this command reads and writes of an HTTPRoute (https://gateway-api.sigs.k8s.io/reference/spec/#httproute). */
export type HttpRoute = KubeObject<{
  readonly parentRefs?: readonly (Reference & { readonly sectionName?: string })[];
  readonly hostnames?: readonly string[];
  readonly rules?: readonly RouteRule[];
}>;

export const HTTP_ROUTE_VERSION = "gateway.networking.k8s.io/v1";

/** One version of a service and the Service that stands for it alone. */
export interface Backend {
  readonly version: string;
  readonly service: string;
  readonly port: number;
}

/** `v1=90`. */
export interface Weight {
  readonly version: string;
  readonly weight: number;
}
