import type { ReasonCode } from "../../messages/reasons.ts";

/**
 * Why a mutual TLS connection did not come up. `untrusted`: our own verification of the peer failed
 * (`TLSSocket.authorizationError`). The rest is told by OpenSSL's alert names.
 */
export function dialFailure(error: NodeJS.ErrnoException, untrusted: boolean): ReasonCode {
  if (untrusted) return "peer-untrusted";
  const code = error.code ?? "";
  if (code.includes("NO_APPLICATION_PROTOCOL") || code === "ERR_SSL_WRONG_VERSION_NUMBER") return "protocol-mismatch";
  if (/^ERR_SSL_.*ALERT_.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(code)) return "peer-refused-identity";
  return "connect-failed";
}
