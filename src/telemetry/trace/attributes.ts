/**
 * Attributes of spans: OpenTelemetry's names where its semantic conventions (HTTP spans 1.x, RPC) have one,
 * ours for what only a mesh knows. docs/telemetry.md says what they mean.
 */
export const SPAN_ATTRIBUTE = Object.freeze({
  METHOD: "http.request.method",
  /** As sent, where the convention does not list it. */
  METHOD_ORIGINAL: "http.request.method_original",
  STATUS: "http.response.status_code",
  REQUEST_BYTES: "http.request.body.size",
  RESPONSE_BYTES: "http.response.body.size",
  PATH: "url.path",
  AUTHORITY: "server.address",
  PROTOCOL: "network.protocol.name",
  PROTOCOL_VERSION: "network.protocol.version",
  CLIENT_ADDRESS: "client.address",
  PEER_ADDRESS: "network.peer.address",
  ERROR: "error.type",
  RPC_SYSTEM: "rpc.system",
  GRPC_STATUS: "rpc.grpc.status_code",
  SERVICE: "meshctl.service",
  SOURCE: "meshctl.source",
  DESTINATION: "meshctl.destination",
  ROUTE: "meshctl.route",
  REASON: "meshctl.reason",
  POLICY: "meshctl.policy",
  ATTEMPTS: "meshctl.attempts",
  MTLS: "meshctl.mtls",
  REQUEST_ID: "meshctl.request_id",
});

/** Methods that may stand in `http.request.method`; others are `_OTHER`. */
export const KNOWN_METHODS: ReadonlySet<string> = new Set([
  "CONNECT",
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "PATCH",
  "POST",
  "PUT",
  "QUERY",
  "TRACE",
]);
export const OTHER_METHOD = "_OTHER";
