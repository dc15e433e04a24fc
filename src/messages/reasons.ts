/**
 * The catalogue of reason codes: every reply a proxy makes itself carries one in `x-meshctl-reason`,
 * and access log, metrics, tap and `why` use the same words.
 */
export interface Reason {
  /** HTTP status of the reply; 0: the connection is closed or reset without one. */
  readonly status: number;
  /** Whose fault it is, seen from the proxy. */
  readonly side: "downstream" | "upstream" | "mesh";
  /** One sentence for a person. */
  readonly text: string;
  /** What to do next. */
  readonly next: string;
}

export const REASONS = Object.freeze({
  "bad-request": {
    status: 400,
    side: "downstream",
    text: "The request is not valid HTTP/1.",
    next: "Look at the client: tap shows what it sent.",
  },
  "bad-path": {
    status: 400,
    side: "downstream",
    text: "The path cannot be brought to one unambiguous form.",
    next: "Send a path without encoded slashes, dot segments that climb out, or raw non-ASCII bytes.",
  },
  "bad-host": {
    status: 400,
    side: "downstream",
    text: "Host is missing, doubled, or contradicts the request target.",
    next: "Send exactly one Host that names the destination.",
  },
  "headers-too-large": {
    status: 431,
    side: "downstream",
    text: "The header section is over 16 KiB or 100 lines.",
    next: "Send smaller or fewer headers (cookies are the usual cause).",
  },
  "uri-too-long": { status: 414, side: "downstream", text: "The request target is over 8 KiB.", next: "Send a shorter target." },
  "bad-grpc-timeout": {
    status: 400,
    side: "downstream",
    text: "The header grpc-timeout is not one time of up to 8 digits and a unit.",
    next: "Look at the client: its gRPC library writes this header.",
  },
  "unsupported-transfer-encoding": {
    status: 501,
    side: "downstream",
    text: "Transfer-Encoding is something other than chunked.",
    next: "Send chunked or Content-Length.",
  },
  "unsupported-version": { status: 505, side: "downstream", text: "The HTTP version is not 1.0 or 1.1.", next: "Use HTTP/1.1." },
  "unsupported-expectation": {
    status: 417,
    side: "downstream",
    text: "Expect is something other than 100-continue.",
    next: "Leave the header out.",
  },
  "header-timeout": {
    status: 408,
    side: "downstream",
    text: "The request head did not arrive within its deadline.",
    next: "Look at the client or the network between.",
  },
  "idle-timeout": { status: 0, side: "downstream", text: "The connection was idle for too long.", next: "Nothing: clients reconnect." },
  "downstream-reset": {
    status: 0,
    side: "downstream",
    text: "The client went away before the answer was complete.",
    next: "Look at the client's time-out.",
  },
  "deadline-exceeded": {
    status: 504,
    side: "downstream",
    text: "The time that the caller gave the call (grpc-timeout) was over before its answer was complete.",
    next: "`meshctl trace` shows where it went; give the call more time if it needs it.",
  },
  "no-route": {
    status: 404,
    side: "mesh",
    text: "No rule of the service's routes matches.",
    next: "Compare the request with `meshctl route list`.",
  },
  "unknown-destination": {
    status: 404,
    side: "mesh",
    text: "The host is not a service of the mesh, and this listener does not go elsewhere.",
    next: "Check the name with `meshctl get services -A`.",
  },
  "no-server-name": {
    status: 0,
    side: "downstream",
    text: "The connection begins with TLS of the application's own that names no host to go to (SNI).",
    next: "Let the client send the service's name, or connect to an upstream listener of that service.",
  },
  "no-config": {
    status: 503,
    side: "mesh",
    text: "The proxy has no configuration for this destination and the controller did not answer in time.",
    next: "Run `meshctl check` and `meshctl proxy-status`.",
  },
  "no-identity": {
    status: 503,
    side: "mesh",
    text: "The proxy has no certificate yet.",
    next: "Run `meshctl check`; the controller may be away.",
  },
  "no-endpoints": {
    status: 503,
    side: "mesh",
    text: "The destination has no ready endpoint.",
    next: "See `meshctl get endpointslices` and the workload's readiness.",
  },
  "invalid-backend": {
    status: 500,
    side: "mesh",
    text: "The route sends this share to a backend that does not exist.",
    next: "`meshctl describe httproute` names the bad reference.",
  },
  "no-backends": {
    status: 500,
    side: "mesh",
    text: "The matching rule has no backend with a weight above zero.",
    next: "Set weights with `meshctl route split`.",
  },
  "connect-failed": {
    status: 503,
    side: "upstream",
    text: "No endpoint accepted a connection.",
    next: "Check that the application listens; `meshctl proxy-status` shows its proxy.",
  },
  "connect-timeout": {
    status: 503,
    side: "upstream",
    text: "Connecting took longer than 1 s.",
    next: "Check the network and the endpoint.",
  },
  "peer-identity-mismatch": {
    status: 503,
    side: "upstream",
    text: "The endpoint presented a certificate of another workload.",
    next: "A stale endpoint or an impostor: compare `meshctl cert list` with `meshctl get endpointslices -o yaml`.",
  },
  "peer-untrusted": {
    status: 503,
    side: "upstream",
    text: "The endpoint's certificate does not chain to the trust bundle, has expired, or is not an X.509-SVID.",
    next: "Run `meshctl cert status`.",
  },
  "peer-refused-identity": {
    status: 503,
    side: "upstream",
    text: "The endpoint closed the connection before any answer: it did not accept our certificate.",
    next: "Compare trust bundles on both sides with `meshctl cert status`.",
  },
  "upstream-reset": {
    status: 502,
    side: "upstream",
    text: "The upstream closed the connection before a complete answer.",
    next: "Look at the application's log: it may have crashed.",
  },
  "upstream-bad-response": {
    status: 502,
    side: "upstream",
    text: "The upstream's answer is not valid HTTP/1.",
    next: "Look at the application.",
  },
  "upstream-headers-too-large": {
    status: 502,
    side: "upstream",
    text: "The upstream's header section is over its limits.",
    next: "Send smaller headers.",
  },
  "app-unreachable": {
    status: 503,
    side: "upstream",
    text: "The application beside this proxy does not accept connections.",
    next: "Check that it listens on the declared port.",
  },
  overloaded: {
    status: 503,
    side: "mesh",
    text: "A limit of this proxy on connections, requests, memory or waiting time is reached.",
    next: "Its meshctl_overload metrics say which; add replicas or cores, or raise it (docs/overload.md).",
  },
  draining: { status: 503, side: "mesh", text: "The proxy is shutting down.", next: "Nothing: clients retry elsewhere." },
  "fault-abort": {
    status: 503,
    side: "mesh",
    text: "A FaultInjection answered instead of the service.",
    next: "`meshctl fault clear <service>` ends it.",
  },
  "fault-reset": {
    status: 0,
    side: "mesh",
    text: "A FaultInjection reset the connection.",
    next: "`meshctl fault clear <service>` ends it.",
  },
  "access-denied": {
    status: 403,
    side: "mesh",
    text: "The access rules of the called workload do not let this caller ask for this.",
    next: "The caller's proxy is told the rule: see `meshctl tap`.",
  },
  "policy-error": {
    status: 500,
    side: "mesh",
    text: "A policy could not be evaluated, so the request is refused.",
    next: "`meshctl proxy-status <name>` shows the refused resource.",
  },
  "forbidden-target": {
    status: 403,
    side: "mesh",
    text: "The outbound listener does not go to loopback, link-local or its own ports.",
    next: "Use a service name.",
  },
  "mtls-required": {
    status: 0,
    side: "downstream",
    text: "Plaintext, or a TLS client without a mesh certificate, came to a port that requires mutual TLS.",
    next: "Run the client in the mesh, or get a certificate with `meshctl cert issue`.",
  },
  "protocol-mismatch": {
    status: 502,
    side: "mesh",
    text: "The two sides disagree about the protocol of this port.",
    next: "Declare it: `--service name:port/http|http2|grpc|tcp`.",
  },
} as const satisfies Record<string, Reason>);

export type ReasonCode = keyof typeof REASONS;
