/** The certificate by which aggregated API servers know that it is us who say whom a request is from. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import type { SecretStore } from "../../../ca/contract.ts";
import { encodeTbs, newSerial, signTbs } from "../../../identity/certificate.ts";
import { formatPrivateKey, generatePrivateKey, keyIdOf, publicKeyDer } from "../../../identity/keys.ts";
import { OID } from "../../../identity/oids.ts";
import { formatPem } from "../../../identity/pem.ts";
import type { Clock } from "../../../lib/clock.ts";

const CA_NAME = { commonName: "front-proxy-ca" };
/** Common name aggregated servers are told to expect. */
export const CLIENT_NAME = "front-proxy-client";
const CA_KEY = "front-proxy-ca.key";
const CA_CERTIFICATE = "front-proxy-ca.pem";
const DAY_MS = 24 * 3_600_000;
const CA_LIFE_MS = 3_650 * DAY_MS;
/** Made anew whenever the controller starts. */
const CLIENT_LIFE_MS = 365 * DAY_MS;
const BACKDATE_MS = 60_000;

export interface FrontProxy {
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

/** The CA comes from `secrets` and is made there the first time, so that servers which learnt it keep trusting us. */
export async function openFrontProxy(secrets: SecretStore, clock: Clock): Promise<FrontProxy> {
  const nowMs = clock.nowMs();
  const ca = (await readCa(secrets)) ?? (await makeCa(secrets, nowMs));
  const key = await generatePrivateKey();
  const tbs = encodeTbs({
    serial: newSerial(),
    subject: { commonName: CLIENT_NAME },
    issuer: CA_NAME,
    notBeforeMs: nowMs - BACKDATE_MS,
    notAfterMs: nowMs + CLIENT_LIFE_MS,
    publicKey: publicKeyDer(key),
    altNames: { uris: [], dnsNames: [], ipAddresses: [] },
    ca: null,
    keyUsage: ["digitalSignature"],
    extendedKeyUsage: [OID.CLIENT_AUTH],
    authorityKeyId: keyIdOf(publicKeyDer(ca.key)),
  });
  return { caPem: ca.pem, certPem: formatPem("CERTIFICATE", signTbs(tbs, ca.key)), keyPem: formatPrivateKey(key) };
}

interface Ca {
  readonly key: KeyObject;
  readonly pem: string;
}

async function readCa(secrets: SecretStore): Promise<Ca | null> {
  const [key, pem] = await Promise.all([secrets.read(CA_KEY), secrets.read(CA_CERTIFICATE)]);
  return key === null || pem === null ? null : { key: createPrivateKey(key), pem: pem.toString("utf8") };
}

async function makeCa(secrets: SecretStore, nowMs: number): Promise<Ca> {
  const key = await generatePrivateKey();
  const tbs = encodeTbs({
    serial: newSerial(),
    subject: CA_NAME,
    issuer: CA_NAME,
    notBeforeMs: nowMs - BACKDATE_MS,
    notAfterMs: nowMs + CA_LIFE_MS,
    publicKey: publicKeyDer(key),
    altNames: { uris: [], dnsNames: [], ipAddresses: [] },
    ca: { pathLength: 0 },
    keyUsage: ["keyCertSign", "cRLSign"],
    extendedKeyUsage: [],
    authorityKeyId: null,
  });
  const pem = formatPem("CERTIFICATE", signTbs(tbs, key));
  await secrets.write(CA_KEY, Buffer.from(formatPrivateKey(key)));
  await secrets.write(CA_CERTIFICATE, Buffer.from(pem));
  return { key, pem };
}
