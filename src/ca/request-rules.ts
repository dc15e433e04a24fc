/** What a request may ask for. Nothing but its key is ever copied into a certificate: anything else asked for is refused, not ignored. */
import type { Csr } from "../identity/csr.ts";
import { OID } from "../identity/oids.ts";
import { type Refusal, refuse } from "./contract.ts";

/** Extensions that ask for what every leaf has anyway. */
const HARMLESS_USAGES: ReadonlySet<string> = new Set(["digitalSignature"]);
const HARMLESS_PURPOSES: ReadonlySet<string> = new Set([OID.SERVER_AUTH, OID.CLIENT_AUTH]);

/** Null when the request asks for exactly `identity`. */
export function requestProblem(csr: Csr, identity: string): Refusal | null {
  const { altNames, basicConstraints, keyUsage, extendedKeyUsage, others, authorityKeyId } = csr.extensions;
  if (altNames === null || altNames.uris.length === 0) return refuse("csr-names", "the request names no SPIFFE id");
  if (altNames.uris.length > 1) return refuse("csr-names", "the request names more than one URI");
  if (altNames.dnsNames.length + altNames.ipAddresses.length + altNames.otherCount > 0) {
    return refuse("csr-names", "the request asks for names beside its SPIFFE id");
  }
  if (altNames.uris[0] !== identity)
    return refuse("csr-identity", `the request asks for ${altNames.uris[0]?.slice(0, 256)}, the proof is for ${identity}`);
  if (basicConstraints?.ca === true) return refuse("csr-ca", "the request asks for a CA certificate");
  if (keyUsage?.usages.some((usage) => !HARMLESS_USAGES.has(usage))) {
    return refuse("csr-extension", "the request asks for a key usage other than digitalSignature");
  }
  if (extendedKeyUsage?.some((purpose) => !HARMLESS_PURPOSES.has(purpose))) {
    return refuse("csr-extension", "the request asks for an extended key usage other than serverAuth and clientAuth");
  }
  if (others.length > 0 || authorityKeyId !== null) {
    return refuse("csr-extension", `the request asks for extension ${others[0]?.type ?? OID.AUTHORITY_KEY_IDENTIFIER}`);
  }
  return null;
}
