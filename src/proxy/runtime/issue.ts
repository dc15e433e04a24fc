import { createPrivateKey, X509Certificate } from "node:crypto";
import { createCsr } from "../../identity/csr.ts";
import { formatPrivateKey, generatePrivateKey } from "../../identity/keys.ts";
import { parseCertificatesPem } from "../../identity/pem.ts";
import { parseTrustBundle } from "../../identity/trust-bundle.ts";
import { verifyPeerChain } from "../../identity/verify-chain.ts";
import type { Credentials, TrustView } from "../tls/credentials.ts";
import { type CertificateCall, callController } from "./certificate-request.ts";

/** Path of the controller's certificate endpoint (src/api/contract.ts, which the proxy does not see). */
const CERTIFICATES_PATH = "/meshctl/v1/certificates";
const TIMEOUT_MS = 10_000;

export interface IssueRequest {
  readonly identity: string;
  readonly trustDomain: string;
  readonly instance: string;
  readonly ttlSeconds: number | undefined;
  readonly trust: TrustView;
  readonly nowMs: number;
  readonly call: Pick<CertificateCall, "server" | "verifyServer" | "proof">;
}

export type Issued =
  | { readonly ok: true; readonly credentials: Credentials; readonly trustBundlePem: string }
  | { readonly ok: false; readonly refused: boolean; readonly message: string };

/** A new key, a request for exactly our identity, and a look at what came back before it is used. */
export async function issueLeaf(request: IssueRequest): Promise<Issued> {
  const key = await generatePrivateKey();
  const answer = await callController({
    ...request.call,
    path: CERTIFICATES_PATH,
    rootsPem: request.trust.rootsPem,
    timeoutMs: TIMEOUT_MS,
    body: JSON.stringify({
      csr: createCsr(key, request.identity),
      instance: request.instance,
      ...(request.ttlSeconds === undefined ? {} : { ttlSeconds: request.ttlSeconds }),
    }),
  });
  if (!answer.ok) return answer;
  const { chain, trustBundle } = answer.body as { chain?: unknown; trustBundle?: unknown };
  if (typeof chain !== "string" || typeof trustBundle !== "string") {
    return { ok: false, refused: false, message: "the controller's answer has no certificate in it" };
  }
  const keyPem = formatPrivateKey(key);
  const credentials = readCredentials({ keyPem, chainPem: chain, trustBundlePem: trustBundle }, request);
  if (typeof credentials === "string") return { ok: false, refused: false, message: credentials };
  return { ok: true, credentials, trustBundlePem: trustBundle };
}

/** Verifies a leaf of our own, just issued or saved, as any peer would; a sentence when it cannot be used. */
export function readCredentials(
  material: { readonly keyPem: string; readonly chainPem: string; readonly trustBundlePem: string },
  expected: { readonly identity: string; readonly trustDomain: string; readonly nowMs: number },
): Credentials | string {
  const bundle = parseTrustBundle(expected.trustDomain, material.trustBundlePem);
  const verdict = verifyPeerChain(
    parseCertificatesPem(material.chainPem),
    (trustDomain) => (trustDomain === bundle.trustDomain ? bundle : undefined),
    expected.nowMs,
  );
  if (!verdict.ok) return `the certificate cannot be used: ${verdict.message}`;
  if (!isKeyOf(material.keyPem, verdict.path[0] as Buffer)) return "the certificate belongs to another key";
  if (verdict.identity !== expected.identity) return `the certificate is for ${verdict.identity}, not ${expected.identity}`;
  return Object.freeze({
    identity: verdict.identity,
    keyPem: material.keyPem,
    chainPem: material.chainPem,
    serial: verdict.serial,
    notBeforeMs: verdict.notBeforeMs,
    notAfterMs: verdict.notAfterMs,
  });
}

/** TLS would throw over a pair that does not fit, long after this. */
function isKeyOf(keyPem: string, leafDer: Buffer): boolean {
  try {
    return new X509Certificate(leafDer).checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}
