import { Protocol } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import { ALPN } from "../../messages/names.ts";
import { isUndeclared, readsRequests } from "./inbound-decision.ts";

/** Standard names: what curl, nghttp and openssl offer. */
const HTTP_1_1 = "http/1.1";
const HTTP_2 = "h2";

/**
 * The name a port agrees to (ADR 1), ours before the client's order; undefined ends the handshake with
 * no_application_protocol. A port whose requests are read never takes `meshctl/tcp`: rules that read requests
 * could be walked around.
 */
export function chooseAlpn(protocol: Protocol, offered: readonly string[]): string | undefined {
  return servedAlpn(protocol).find((name) => offered.includes(name));
}

function servedAlpn(protocol: Protocol): readonly string[] {
  if (readsRequests(protocol)) return HTTP_NAMES;
  return isUndeclared(protocol) ? UNDECLARED_NAMES : TCP_NAMES;
}

const HTTP_NAMES = Object.freeze([ALPN.H2, ALPN.H1, HTTP_2, HTTP_1_1]);
const UNDECLARED_NAMES = Object.freeze([ALPN.H2, ALPN.H1, ALPN.TCP]);
const TCP_NAMES = Object.freeze([ALPN.TCP]);
