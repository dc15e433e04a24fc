/** Makes certificates for tests, good and bad, with the project's own builder; outside readers judge them in test/component. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { type CertificateTemplate, encodeTbs, newSerial, signTbs } from "../../../src/identity/certificate.ts";
import { keyIdOf, publicKeyDer } from "../../../src/identity/keys.ts";
import type { DistinguishedName } from "../../../src/identity/name.ts";
import { OID } from "../../../src/identity/oids.ts";

export const NOW = Date.UTC(2026, 5, 1, 12);
const HOUR = 3_600_000;

export interface TestCa {
  readonly key: KeyObject;
  readonly name: DistinguishedName;
  readonly keyId: Buffer;
  readonly der: Buffer;
}

export function newKey(namedCurve = "P-256"): KeyObject {
  return generateKeyPairSync("ec", { namedCurve }).privateKey;
}

export function template(changes: Partial<CertificateTemplate> = {}): CertificateTemplate {
  return {
    serial: newSerial(),
    subject: {},
    issuer: { organization: "test", commonName: "issuer" },
    notBeforeMs: NOW - HOUR,
    notAfterMs: NOW + HOUR,
    publicKey: publicKeyDer(newKey()),
    altNames: { uris: ["spiffe://cluster.local/ns/default/sa/web"], dnsNames: [], ipAddresses: [] },
    ca: null,
    keyUsage: ["digitalSignature"],
    extendedKeyUsage: [OID.SERVER_AUTH, OID.CLIENT_AUTH],
    authorityKeyId: null,
    ...changes,
  };
}

/** Self-signed without `parent`. */
export function newCa(commonName: string, parent: TestCa | null = null, changes: Partial<CertificateTemplate> = {}): TestCa {
  const key = newKey();
  const name = { organization: "test", commonName };
  const tbs = encodeTbs(
    template({
      subject: name,
      issuer: parent?.name ?? name,
      publicKey: publicKeyDer(key),
      altNames: { uris: ["spiffe://cluster.local"], dnsNames: [], ipAddresses: [] },
      ca: { pathLength: null },
      keyUsage: ["keyCertSign", "cRLSign"],
      extendedKeyUsage: [],
      authorityKeyId: parent?.keyId ?? null,
      ...changes,
    }),
  );
  return { key, name, keyId: keyIdOf(publicKeyDer(key)), der: signTbs(tbs, parent?.key ?? key) };
}

export function newLeaf(issuer: TestCa, changes: Partial<CertificateTemplate> = {}): Buffer {
  return signTbs(encodeTbs(template({ issuer: issuer.name, authorityKeyId: issuer.keyId, ...changes })), issuer.key);
}

export function uris(...list: string[]): Pick<CertificateTemplate, "altNames"> {
  return { altNames: { uris: list, dnsNames: [], ipAddresses: [] } };
}
