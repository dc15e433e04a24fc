import { createTrustBundle, formatTrustBundle, parseTrustBundle, type TrustBundle } from "../../identity/trust-bundle.ts";
import type { Trust } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { TrustView } from "../tls/credentials.ts";

/** Roots handed over at the start (PEM), before discovery has said anything. Throws with a reason when they cannot be read. */
export function bootstrapTrust(trustDomain: string, pem: string): TrustView {
  return trustViewOf([parseTrustBundle(trustDomain, pem)], [], []);
}

/** A Trust resource. Throws with a reason (the resource is refused) when a root cannot be read. */
export function compileTrust(message: Trust): TrustView {
  return trustViewOf([createTrustBundle(message.trustDomain, message.roots)], message.revokedSerials, message.revokedIdentities);
}

function trustViewOf(bundles: readonly TrustBundle[], revokedSerials: readonly string[], revokedIdentities: readonly string[]): TrustView {
  const byDomain = new Map(bundles.map((bundle) => [bundle.trustDomain, bundle]));
  const serials = new Set(revokedSerials);
  const identities = new Set(revokedIdentities);
  return Object.freeze({
    bundleOf: (trustDomain: string) => byDomain.get(trustDomain),
    isRevoked: (serial: string, identity: string) => serials.has(serial) || identities.has(identity),
    rootsPem: Object.freeze(bundles.map(formatTrustBundle)),
  });
}
