import type { TrustBundle } from "../../identity/trust-bundle.ts";

/** The proxy's own key and leaf: what it shows to every peer. Immutable: replaced as a whole at renewal. */
export interface Credentials {
  /** SPIFFE id in the leaf. */
  readonly identity: string;
  /** PKCS#8, PEM. Leaves the process only into the saved state. */
  readonly keyPem: string;
  /** Leaf, then issuers without the root. PEM. */
  readonly chainPem: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Whom to trust. Immutable: a change is a new view. */
export interface TrustView {
  bundleOf(trustDomain: string): TrustBundle | undefined;
  /** `serial` is lower-case hex without leading zero bytes. */
  isRevoked(serial: string, identity: string): boolean;
  /** Every root of every trusted domain, PEM, for TLS's own first look. */
  readonly rootsPem: readonly string[];
}

/** Where TLS takes its material from; implemented by src/proxy/runtime. */
export interface CredentialSource {
  /** Null while there is no leaf that is valid now. */
  credentials(): Credentials | null;
  trust(): TrustView;
  /** Calls after either has changed, or the leaf has ended without a successor. Returns what ends that. */
  onChange(listener: () => void): () => void;
}
