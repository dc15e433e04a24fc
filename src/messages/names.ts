/** Names and numbers both sides of a wire must agree on (design section 13). */

/** ALPN protocol names a mesh client offers; see docs/adr/0001-contract-between-proxies.md. */
export const ALPN = Object.freeze({ H1: "meshctl/h1", H2: "meshctl/h2", TCP: "meshctl/tcp" });

/** xDS type URLs. */
export const TYPE_URL = Object.freeze({
  INBOUND: "type.googleapis.com/meshctl.discovery.v1.Inbound",
  OUTBOUND: "type.googleapis.com/meshctl.discovery.v1.Outbound",
  ENDPOINTS: "type.googleapis.com/meshctl.discovery.v1.Endpoints",
  TRUST: "type.googleapis.com/meshctl.discovery.v1.Trust",
  PROXY_CONFIG: "type.googleapis.com/meshctl.discovery.v1.ProxyConfig",
  REJECTED: "type.googleapis.com/meshctl.discovery.v1.RejectedResource",
});

/** Short names of the types, in the order status tables show them. */
export const RESOURCE_TYPES = ["Inbound", "Outbound", "Endpoints", "Trust", "ProxyConfig"] as const;
export type ResourceType = (typeof RESOURCE_TYPES)[number];

/** gRPC paths on the discovery port. */
export const GRPC = Object.freeze({
  DELTA_ADS: "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources",
  TAP: "/meshctl.telemetry.v1.Telemetry/Tap",
  CLOCK: "/meshctl.telemetry.v1.Telemetry/Clock",
  METRICS: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
  SPANS: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
});

/** Headers of our own, lower case. Everything under the prefix is stripped when it comes from an application. */
export const HEADER = Object.freeze({
  PREFIX: "x-meshctl-",
  /** Reason code of a reply the proxy made itself. */
  REASON: "x-meshctl-reason",
  REQUEST_ID: "x-request-id",
  /** Between proxies only, over mTLS: namespace/workload of the caller. */
  SOURCE: "x-meshctl-source",
  /** Between proxies only, over mTLS: `http/2` when the client speaks it and the port does not say what the application does. */
  PROTOCOL: "x-meshctl-protocol",
  /** Between proxies only, over mTLS: method of a request for an upgrade that travels as extended CONNECT, when not GET. */
  METHOD: "x-meshctl-method",
  /** Between proxies only, over mTLS: 2xx of an answer to extended CONNECT that grants no upgrade; it travels as 502. */
  STATUS: "x-meshctl-status",
  /** Between proxies only, over mTLS: which policy and rule made a reply. */
  POLICY: "x-meshctl-policy",
});

export const DEFAULT_TRUST_DOMAIN = "cluster.local";
export const SYSTEM_NAMESPACE = "meshctl-system";
export const CONTROLLER_IDENTITY_PATH = "ns/meshctl-system/sa/meshctl-controller";
export const CONTROLLER_NAME = "meshctl.dev/controller";

/** Preferred controller ports; locally others are taken when these are not free. */
export const PORT = Object.freeze({ DISCOVERY: 15012, HTTPS: 15014, WEBHOOK: 15017 });

/** Ports of a sidecar in a pod; locally every port is picked. */
export const POD_PORT = Object.freeze({ ADMIN: 15000, OUTBOUND: 15001, INBOUND: 15006, HEALTH: 15020 });

/** User and group id of the sidecar in a pod: what it sends is not redirected to itself. */
export const PROXY_UID = 1337;

/** Labels of namespaces and pods, and annotations, that ask for something. */
export const LABEL = Object.freeze({
  /** `enabled` on a namespace opts its pods in; `enabled` or `disabled` on a pod decides for that pod. */
  INJECT: "meshctl.dev/inject",
  /** Revision of the control plane that a namespace or pod belongs to. */
  REVISION: "meshctl.dev/revision",
  /** On every injected pod: the revision that injected it. */
  INJECTED: "meshctl.dev/injected",
});
