import type { ReasonCode } from "../messages/reasons.ts";
import type { ExchangeRecord } from "./contract.ts";

const NONE: readonly string[] = Object.freeze([]);

/** What observers get, with nothing in it yet; an HTTP exchange fills one again for each request. */
export class TrafficRecord implements ExchangeRecord {
  readonly direction: "inbound" | "outbound";
  protocol: ExchangeRecord["protocol"] = "http/1.1";
  startUnixMs = 0;
  durationMs = 0;
  method = "";
  authority = "";
  path = "";
  status = 0;
  grpcStatus = -1;
  requestBytes = 0;
  responseBytes = 0;
  mtls = false;
  peerIdentity = "";
  reason: ReasonCode | "" = "";
  policy = "";
  requestId = "";
  traceId = "";
  spanId = "";
  parentSpanId = "";
  service = "";
  routeLabel = "";
  source = "";
  destination = "";
  sourceAddress = "";
  destinationAddress = "";
  attempts = 0;
  requestHeaders = NONE;
  responseHeaders = NONE;

  constructor(direction: "inbound" | "outbound") {
    this.direction = direction;
  }

  reset(startUnixMs: number): void {
    this.protocol = "http/1.1";
    this.startUnixMs = startUnixMs;
    this.durationMs = 0;
    this.method = "";
    this.authority = "";
    this.path = "";
    this.status = 0;
    this.grpcStatus = -1;
    this.requestBytes = 0;
    this.responseBytes = 0;
    this.mtls = false;
    this.peerIdentity = "";
    this.reason = "";
    this.policy = "";
    this.requestId = "";
    this.traceId = "";
    this.spanId = "";
    this.parentSpanId = "";
    this.service = "";
    this.routeLabel = "";
    this.source = "";
    this.destination = "";
    this.sourceAddress = "";
    this.destinationAddress = "";
    this.attempts = 0;
    this.requestHeaders = NONE;
    this.responseHeaders = NONE;
  }
}
