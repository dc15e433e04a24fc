import { ALPN } from "../../messages/names.ts";
import type { Transport } from "../contract.ts";

/** Standard names: HTTP/2 over TLS, and by prior knowledge (RFC 9113 3.1, 3.3). */
export const H2 = "h2";
export const H2C = "h2c";

/** The peer is one of our proxies. */
export function speaksMeshHttp2(transport: Transport): boolean {
  return transport.alpn === ALPN.H2;
}

export function speaksHttp2({ alpn }: Transport): boolean {
  return alpn === ALPN.H2 || alpn === H2 || alpn === H2C;
}
