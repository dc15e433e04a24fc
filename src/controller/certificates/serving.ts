import type { KeyObject } from "node:crypto";
import type { CertificateAuthority } from "../../ca/authority.ts";
import { RENEW_AT } from "../../ca/profile.ts";
import { createCsr } from "../../identity/csr.ts";
import { formatPrivateKey, generatePrivateKey } from "../../identity/keys.ts";
import { formatCertificatesPem } from "../../identity/pem.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { CONTROLLER_IDENTITY_PATH } from "../../messages/names.ts";

/** What the controller shows on its ports. PEM; the key never leaves this process. */
export interface ServingCredentials {
  readonly keyPem: string;
  /** Leaf, then issuers without the root. */
  readonly chainPem: string;
  readonly rootsPem: string;
  readonly serial: string;
  readonly notAfterMs: number;
}

export interface ServingOptions {
  readonly ca: CertificateAuthority;
  readonly clock: Clock;
  /** Beside the controller's SPIFFE id; by default this machine as it calls itself. */
  readonly hostNames?: { readonly dnsNames: readonly string[]; readonly ipAddresses: readonly string[] };
  /** Hears about a renewal that failed; it is tried again. */
  failed(error: unknown): void;
}

export interface ServingIdentity {
  current(): ServingCredentials;
  /** Called with each renewed certificate: hand it to the servers. Returns a function that ends it. */
  onRenew(listener: (credentials: ServingCredentials) => void): () => void;
  renew(): Promise<void>;
  close(): void;
}

const LOCAL_NAMES = Object.freeze({ dnsNames: ["localhost"], ipAddresses: ["127.0.0.1", "::1"] });
const RETRY_MS = 5_000;
/** A machine that slept wakes with less life left than the timer knows. */
const LOOK_AGAIN_MS = 600_000;

/** The controller's own leaf, issued by its own CA like any other, and kept fresh: at half its life and after each change of issuer. */
export async function createServingIdentity(options: ServingOptions): Promise<ServingIdentity> {
  const { ca, clock, hostNames = LOCAL_NAMES } = options;
  const identity = `spiffe://${ca.trustDomain}/${CONTROLLER_IDENTITY_PATH}`;
  const listeners = new Set<(credentials: ServingCredentials) => void>();
  let timer: Timer | null = null;
  let closed = false;

  async function issue(): Promise<ServingCredentials> {
    const key = await generatePrivateKey();
    const prepared = await ca.prepare({ csr: createCsr(key, identity), identity, instance: "", via: "controller", hostNames });
    if (!prepared.ok) throw new Error(`the controller's certificate: ${prepared.message}`);
    const issued = await ca.issue(prepared.ticket);
    if (!issued.ok) throw new Error(`the controller's certificate: ${issued.message}`);
    return credentialsOf(key, issued.chain, issued.record);
  }

  function credentialsOf(key: KeyObject, chain: readonly Buffer[], record: { serial: string; notAfterMs: number }): ServingCredentials {
    return Object.freeze({
      keyPem: formatPrivateKey(key),
      chainPem: formatCertificatesPem(chain),
      rootsPem: formatCertificatesPem(ca.roots()),
      serial: record.serial,
      notAfterMs: record.notAfterMs,
    });
  }

  let current = await issue();
  let renewAtMs = renewalOf(current);

  function renewalOf({ notAfterMs }: ServingCredentials): number {
    const nowMs = clock.nowMs();
    return nowMs + (notAfterMs - nowMs) * RENEW_AT;
  }

  async function renew(): Promise<void> {
    const next = await issue();
    if (closed) return;
    current = next;
    renewAtMs = renewalOf(next);
    arm();
    for (const listener of listeners) listener(next);
  }

  function arm(delayMs = Math.max(0, renewAtMs - clock.nowMs())): void {
    timer?.cancel();
    if (!closed) timer = clock.setTimer(due, Math.min(delayMs, LOOK_AGAIN_MS), { unref: true });
  }

  function due(): void {
    if (clock.nowMs() < renewAtMs) {
      arm();
      return;
    }
    renew().catch((error: unknown) => {
      options.failed(error);
      arm(RETRY_MS);
    });
  }

  const stopListening = ca.onIssuerChange(() => {
    renewAtMs = clock.nowMs();
    due();
  });
  arm();
  return {
    current: () => current,
    onRenew(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    renew,
    close() {
      closed = true;
      timer?.cancel();
      stopListening();
      listeners.clear();
    },
  };
}
