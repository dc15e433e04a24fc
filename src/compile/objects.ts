/** The parts of Kubernetes objects that compiling reads; everything else in them passes unseen. */
import type { KubeObject } from "../model/object.ts";

export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly protocol?: string;
  readonly appProtocol?: string;
  readonly targetPort?: number | string;
}

export type Service = KubeObject<{
  readonly ports?: readonly ServicePort[];
  readonly clusterIP?: string;
  readonly clusterIPs?: readonly string[];
  readonly type?: string;
}>;

/** discovery.k8s.io/v1: its fields stand beside metadata, not under spec. */
export interface EndpointSlice extends KubeObject {
  readonly addressType?: string;
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string; readonly appProtocol?: string }[];
  readonly endpoints?: readonly SliceEndpoint[];
}

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
  readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string };
  readonly zone?: string;
}

/** Label of an EndpointSlice: the Service it belongs to. */
export const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

/** `namespace/name` of the Service a slice belongs to, or null. */
export function serviceOfSlice(slice: EndpointSlice): string | null {
  const name = slice.metadata.labels?.[SERVICE_NAME_LABEL];
  return name ? `${slice.metadata.namespace ?? "default"}/${name}` : null;
}

/** Service port ↔ slice port: the same name, the empty one included. */
export function portNamed(service: Service, name: string | undefined): ServicePort | undefined {
  return service.spec?.ports?.find((port) => (port.name ?? "") === (name ?? ""));
}

export function portNumbered(service: Service, port: number): ServicePort | undefined {
  return service.spec?.ports?.find((candidate) => candidate.port === port);
}

/** Addresses that mean the Service itself, of each family; none for a headless one. */
export function clusterAddresses(service: Service): readonly string[] {
  const { clusterIP, clusterIPs } = service.spec ?? {};
  return [...new Set([clusterIP ?? "", ...(clusterIPs ?? [])])].filter((address) => address !== "" && address !== "None");
}
