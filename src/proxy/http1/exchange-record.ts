import type { ReasonCode } from "../../messages/reasons.ts";
import type { ExchangeRecord } from "../contract.ts";

const NONE: readonly string[] = Object.freeze([]);

/** The one record of an exchange object, filled again for each request. */
export class HttpRecord implements ExchangeRecord {
  readonly direction: "inbound" | "outbound";
  protocol: "http/1.0" | "http/1.1" | "tcp" = "http/1.1";
  startUnixMs = 0;
  durationMs = 0;
  method = "";
  authority = "";
  path = "";
  status = 0;
  requestBytes = 0;
  responseBytes = 0;
  mtls = false;
  peerIdentity = "";
  reason: ReasonCode | "" = "";
  policy = "";
  requestId = "";
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
    this.requestBytes = 0;
    this.responseBytes = 0;
    this.mtls = false;
    this.peerIdentity = "";
    this.reason = "";
    this.policy = "";
    this.requestId = "";
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
