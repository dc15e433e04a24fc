/** Certificates of a small mesh, and a proxy's TLS side made of them. */
import { formatPrivateKey, publicKeyDer } from "../../../src/identity/keys.ts";
import { formatCertificatesPem } from "../../../src/identity/pem.ts";
import { createTrustBundle } from "../../../src/identity/trust-bundle.ts";
import type { Credentials, CredentialSource, TrustView } from "../../../src/proxy/tls/credentials.ts";
import { newCa, newKey, newLeaf, type TestCa, uris } from "../../unit/identity/pki.ts";

const HOUR = 3_600_000;

export const WEB = "spiffe://cluster.local/ns/default/sa/web";
export const API = "spiffe://cluster.local/ns/default/sa/api";

export interface Validity {
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
}

/** A root with one issuer below it. */
export class TestMesh {
  readonly root: TestCa;
  readonly #issuer: TestCa;
  #serial = 0x1000;

  constructor(name = "root") {
    const validity = { notBeforeMs: Date.now() - HOUR, notAfterMs: Date.now() + 24 * HOUR };
    this.root = newCa(name, null, validity);
    this.#issuer = newCa(`${name} issuer`, this.root, { ...validity, ca: { pathLength: 0 } });
  }

  get rootPem(): string {
    return formatCertificatesPem([this.root.der]);
  }

  /** A leaf for somebody else's key (SubjectPublicKeyInfo, DER); PEM chain. */
  sign(identity: string, publicKey: Buffer, { notBeforeMs = Date.now() - 60_000, notAfterMs = Date.now() + HOUR }: Validity = {}): string {
    const leaf = newLeaf(this.#issuer, { notBeforeMs, notAfterMs, publicKey, ...uris(identity) });
    return formatCertificatesPem([leaf, this.#issuer.der]);
  }

  issue(identity: string, { notBeforeMs = Date.now() - 60_000, notAfterMs = Date.now() + HOUR }: Validity = {}): Credentials {
    const key = newKey();
    this.#serial += 1;
    const serial = this.#serial.toString(16);
    const leaf = newLeaf(this.#issuer, { serial, notBeforeMs, notAfterMs, publicKey: publicKeyDer(key), ...uris(identity) });
    return {
      identity,
      keyPem: formatPrivateKey(key),
      chainPem: formatCertificatesPem([leaf, this.#issuer.der]),
      serial,
      notBeforeMs,
      notAfterMs,
    };
  }
}

/** Trust in the roots of `meshes` for cluster.local. */
export function trustIn(
  meshes: readonly TestMesh[],
  revoked: { serials?: readonly string[]; identities?: readonly string[] } = {},
): TrustView {
  const bundle = createTrustBundle(
    "cluster.local",
    meshes.map((mesh) => mesh.root.der),
  );
  return {
    bundleOf: (trustDomain) => (trustDomain === "cluster.local" ? bundle : undefined),
    isRevoked: (serial, identity) => (revoked.serials ?? []).includes(serial) || (revoked.identities ?? []).includes(identity),
    rootsPem: meshes.map((mesh) => mesh.rootPem),
  };
}

/** Credentials a test changes by hand. */
export class TestSource implements CredentialSource {
  #credentials: Credentials | null;
  #trust: TrustView;
  readonly #listeners = new Set<() => void>();

  constructor(credentials: Credentials | null, trust: TrustView) {
    this.#credentials = credentials;
    this.#trust = trust;
  }

  credentials(): Credentials | null {
    return this.#credentials;
  }

  trust(): TrustView {
    return this.#trust;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(credentials: Credentials | null, trust: TrustView = this.#trust): void {
    this.#credentials = credentials;
    this.#trust = trust;
    for (const listener of this.#listeners) listener();
  }
}
