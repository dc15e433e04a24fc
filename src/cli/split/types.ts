import type { HTTPRoute } from "../../policies/route/http-route.ts";

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

/** What a split is for. */
export interface SplitTarget {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
}

/** The part of a Service's port that a split reads. */
export interface SplitPort {
  readonly port: number;
  readonly appProtocol?: string;
}

export const HTTP_ROUTE_API_VERSION: HTTPRoute["apiVersion"] = "gateway.networking.k8s.io/v1";
