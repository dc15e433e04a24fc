import type { CertificateAuthority } from "../../ca/authority.ts";
import type { JoinTokens } from "../../ca/join-tokens.ts";
import type { Clock } from "../../lib/clock.ts";

/** What the certificate endpoints work with. */
export interface CertificateDeps {
  readonly ca: CertificateAuthority;
  readonly tokens: JoinTokens;
  readonly clock: Clock;
  /**
   * Asks proxies to renew every leaf issued before `beforeUnixMs`: one instance (`namespace/instance`) or all of
   * them. Returns whom it asked; empty when there is no such instance.
   */
  requestRenewal(target: { readonly instance: string } | "all", beforeUnixMs: number): readonly string[];
}
