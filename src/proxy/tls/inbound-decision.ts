import { MtlsMode, Protocol } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { FirstBytes } from "./first-bytes.ts";

/**
 * What to do with a connection to an inbound listener (ADR 1, "Whose TLS"). `terminate`: mutual TLS here.
 * `plain-tcp` also passes the application's own TLS through. `refuse`: closed as `mtls-required`.
 */
export type InboundDecision = "terminate" | "plain-http" | "plain-http2" | "plain-tcp" | "refuse";

export interface InboundPortMode {
  readonly protocol: Protocol;
  readonly mtls: MtlsMode;
}

const MESH_ALPN_PREFIX = "meshctl/";

export function decideInbound(first: FirstBytes, port: InboundPortMode): InboundDecision {
  if (first.kind === "tls") {
    if (first.alpn.some((name) => name.startsWith(MESH_ALPN_PREFIX))) return "terminate";
    if (readsRequests(port.protocol) && port.mtls !== MtlsMode.DISABLE) return "terminate";
    return allowsPlaintext(port) ? "plain-tcp" : "refuse";
  }
  if (!allowsPlaintext(port)) return "refuse";
  const http = first.kind === "http2" ? "plain-http2" : "plain-http";
  if (readsRequests(port.protocol)) return http;
  if (isUndeclared(port.protocol) && first.kind !== "other") return http;
  return "plain-tcp";
}

/** Silence for a while means the server speaks first: only where plaintext TCP is served at all. */
export function mayServerSpeakFirst(port: InboundPortMode): boolean {
  return allowsPlaintext(port) && !readsRequests(port.protocol);
}

/** An unset mode is strict: what is not understood never opens a door. */
export function allowsPlaintext(port: InboundPortMode): boolean {
  return port.mtls === MtlsMode.PERMISSIVE || port.mtls === MtlsMode.DISABLE;
}

/** Its requests are understood, and rules are held to each of them. */
export function readsRequests(protocol: Protocol): boolean {
  return protocol === Protocol.HTTP || protocol === Protocol.HTTP2 || protocol === Protocol.GRPC;
}

export function isUndeclared(protocol: Protocol): boolean {
  return protocol === Protocol.DETECT || protocol === Protocol.UNSPECIFIED;
}
