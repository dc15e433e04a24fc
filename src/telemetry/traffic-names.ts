/** Instruments and attributes of traffic in OTLP; docs/telemetry.md says what they mean. */
export const METRIC = Object.freeze({
  EXCHANGES: "meshctl.exchanges",
  DURATION: "meshctl.exchange.duration",
  REQUEST_BYTES: "meshctl.request.bytes",
  RESPONSE_BYTES: "meshctl.response.bytes",
  OPEN_CONNECTIONS: "meshctl.tcp.connections.open",
  DETECTION_TIMEOUTS: "meshctl.detection.timeouts",
});

/** Of all; outcomes carry `status`, `reason` and perhaps `grpc_status` besides. */
export const ATTRIBUTE = Object.freeze({
  DIRECTION: "direction",
  PROTOCOL: "protocol",
  SERVICE: "service",
  SOURCE: "source",
  DESTINATION: "destination",
  TLS: "tls",
  STATUS: "status",
  REASON: "reason",
  /** Absent when not gRPC. */
  GRPC_STATUS: "grpc_status",
  ROUTE: "route",
  /** Which process of a proxy with several. */
  WORKER: "worker",
});

/** UCUM: durations are recorded in microseconds. */
export const DURATION_UNIT = "us";
