/** One line for each finished request or TCP connection. */

/** The proxy's ExchangeRecord fits. */
export interface LoggedExchange {
  readonly direction: string;
  readonly protocol: string;
  readonly startUnixMs: number;
  readonly durationMs: number;
  readonly method: string;
  readonly authority: string;
  readonly path: string;
  readonly status: number;
  /** -1: not gRPC. */
  readonly grpcStatus: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly mtls: boolean;
  readonly peerIdentity: string;
  readonly reason: string;
  readonly policy: string;
  readonly requestId: string;
  readonly service: string;
  readonly routeLabel: string;
  readonly source: string;
  readonly destination: string;
  readonly sourceAddress: string;
  readonly destinationAddress: string;
  readonly attempts: number;
}

/** JSON in a fixed order of members, with a line feed. Members that say nothing are left out. */
export function formatAccessJson(exchange: LoggedExchange): string {
  const tcp = exchange.protocol === "tcp";
  return `${JSON.stringify({
    time: new Date(exchange.startUnixMs).toISOString(),
    direction: exchange.direction,
    protocol: exchange.protocol,
    method: tcp ? undefined : exchange.method,
    authority: tcp ? undefined : exchange.authority,
    path: tcp ? undefined : exchange.path,
    status: tcp ? undefined : exchange.status,
    grpcStatus: exchange.grpcStatus < 0 ? undefined : exchange.grpcStatus,
    reason: said(exchange.reason),
    policy: said(exchange.policy),
    durationMs: Math.round(exchange.durationMs * 1_000) / 1_000,
    requestBytes: exchange.requestBytes,
    responseBytes: exchange.responseBytes,
    source: exchange.source,
    destination: exchange.destination,
    service: said(exchange.service),
    route: said(exchange.routeLabel),
    mtls: exchange.mtls,
    peerIdentity: said(exchange.peerIdentity),
    sourceAddress: said(exchange.sourceAddress),
    destinationAddress: said(exchange.destinationAddress),
    attempts: exchange.attempts,
    requestId: said(exchange.requestId),
  })}\n`;
}

/** For people: `12:00:00.123 outbound default/web → default/api GET api/items 200 1.2ms 0/82 mtls`. */
export function formatAccessText(exchange: LoggedExchange): string {
  const time = new Date(exchange.startUnixMs).toISOString().slice(11, 23);
  const what = exchange.protocol === "tcp" ? "TCP" : `${exchange.method} ${exchange.authority}${exchange.path} ${exchange.status}`;
  const bytes = `${exchange.requestBytes}/${exchange.responseBytes}`;
  const sure = exchange.mtls ? "mtls" : "plain";
  const why = exchange.reason === "" ? "" : ` ${exchange.reason}`;
  const line = `${time} ${exchange.direction} ${exchange.source} → ${exchange.destination} ${what} ${exchange.durationMs.toFixed(1)}ms ${bytes} ${sure}${why}`;
  // Method and authority come from outside.
  return `${line.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?")}\n`;
}

function said(text: string): string | undefined {
  return text === "" ? undefined : text;
}
