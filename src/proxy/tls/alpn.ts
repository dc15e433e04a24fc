import { Protocol } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import { ALPN } from "../../messages/names.ts";
import { isUndeclared } from "./inbound-decision.ts";

/** Standard name of HTTP/1.1: what curl and openssl offer. */
const HTTP_1_1 = "http/1.1";

/**
 * The name a port agrees to (ADR 1), ours before the client's order; undefined ends the handshake with
 * no_application_protocol. A port declared http never takes `meshctl/tcp`: rules that read requests
 * could be walked around.
 */
export function chooseAlpn(protocol: Protocol, offered: readonly string[]): string | undefined {
  return servedAlpn(protocol).find((name) => offered.includes(name));
}

function servedAlpn(protocol: Protocol): readonly string[] {
  if (protocol === Protocol.HTTP) return HTTP_NAMES;
  return isUndeclared(protocol) ? UNDECLARED_NAMES : TCP_NAMES;
}

const HTTP_NAMES = Object.freeze([ALPN.H1, HTTP_1_1]);
const UNDECLARED_NAMES = Object.freeze([ALPN.H1, ALPN.TCP]);
/** gRPC and HTTP/2 travel as opaque bytes until `meshctl/h2` joins. */
const TCP_NAMES = Object.freeze([ALPN.TCP]);
