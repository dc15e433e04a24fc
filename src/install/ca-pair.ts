import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Violation } from "../lib/errors.ts";

/** A CA that somebody brings: its certificate (with the chain above it, leaf-most first) and its key, PEM. */
export interface CaPair {
  readonly certPem: string;
  readonly keyPem: string;
}

/** Why a mesh cannot live on this pair; empty when it can. Nothing of the key is ever in a message. */
export function caPairViolations({ certPem, keyPem }: CaPair, nowMs: number): readonly Violation[] {
  const found: Violation[] = [];
  const certificate = attempt(() => new X509Certificate(certPem));
  const key = attempt(() => createPrivateKey(keyPem));
  if (certificate === null) found.push({ path: "--ca-cert", message: "is no certificate in PEM" });
  if (key === null)
    found.push({ path: "--ca-key", message: "is no private key in PEM", hint: "A key with a passphrase must be opened first." });
  if (certificate === null || key === null) return found;
  if (!certificate.ca) found.push({ path: "--ca-cert", message: "is not of a CA: its basic constraints do not say CA:TRUE" });
  if (!certificate.checkPrivateKey(key)) found.push({ path: "--ca-key", message: "is not the key of --ca-cert" });
  if (key.asymmetricKeyType !== "ec" || key.asymmetricKeyDetails?.namedCurve !== "prime256v1") {
    found.push({ path: "--ca-key", message: "must be an ECDSA key on P-256" });
  }
  const ends = Date.parse(certificate.validTo);
  if (ends <= nowMs) found.push({ path: "--ca-cert", message: `ended at ${new Date(ends).toISOString()}` });
  const begins = Date.parse(certificate.validFrom);
  if (begins > nowMs) found.push({ path: "--ca-cert", message: `does not begin before ${new Date(begins).toISOString()}` });
  return found;
}

function attempt<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}
