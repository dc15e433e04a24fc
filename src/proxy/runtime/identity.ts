import { Backoff } from "../../lib/backoff.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Random } from "../../lib/random.ts";
import type { CredentialSource, Credentials, TrustView } from "../tls/credentials.ts";
import type { Issued } from "./issue.ts";

/** How this proxy proves to the controller who it is. */
export type Proof = { readonly token: string } | { readonly key: string; readonly cert: string };

export interface IdentityOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly trust: TrustView;
  /** From the saved state, already verified; null at a first start. */
  readonly credentials: Credentials | null;
  readonly joinToken: string;
  /** Asks the controller for a leaf. */
  issue(proof: Proof): Promise<Issued>;
  /** The present proof is worth nothing any more: the supervisor is asked for a new token. */
  needToken(): void;
  /** A new leaf is in force. */
  issued(credentials: Credentials, trustBundlePem: string): void;
  /** A sentence for the log. */
  log(level: "info" | "warn", message: string): void;
}

/** At half its life, give or take 5 % of it, so that proxies started together do not renew together. */
const RENEW_AT = 0.5;
const RENEW_JITTER = 0.05;
const BACKOFF = { initialMs: 250, maxMs: 3_000 };
/** setTimeout's limit; a longer wait is cut into pieces. */
const MAX_TIMER_MS = 2 ** 31 - 1;

type State = "without" | "waiting-for-token" | "requesting" | "valid" | "closed";

/** The proxy's key and leaf over time: first request, renewal, end, and trust beside them. */
export class ProxyIdentity implements CredentialSource {
  readonly #options: IdentityOptions;
  readonly #backoff: Backoff;
  readonly #listeners = new Set<() => void>();
  #state: State = "without";
  #credentials: Credentials | null;
  #trust: TrustView;
  #token: string | null;
  /** When the present leaf came (Unix ms); a saved one counts from its own beginning. */
  #issuedMs: number;
  /** The controller does not take the present leaf as a proof. */
  #leafRefused = false;
  #next: Timer | null = null;
  #end: Timer | null = null;

  constructor(options: IdentityOptions) {
    this.#options = options;
    this.#backoff = new Backoff(BACKOFF, options.random);
    this.#credentials = options.credentials;
    this.#trust = options.trust;
    this.#token = options.joinToken === "" ? null : options.joinToken;
    this.#issuedMs = options.credentials?.notBeforeMs ?? 0;
  }

  start(): void {
    if (this.credentials() === null) {
      this.#request();
      return;
    }
    this.#state = "valid";
    this.#watchEnd();
    this.#planRenewal();
  }

  credentials(): Credentials | null {
    const own = this.#credentials;
    return own === null || this.#options.clock.nowMs() >= own.notAfterMs ? null : own;
  }

  trust(): TrustView {
    return this.#trust;
  }

  setTrust(trust: TrustView): void {
    this.#trust = trust;
    this.#changed();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A token from the supervisor; used when the leaf cannot prove us. */
  giveToken(token: string): void {
    this.#token = token;
    if (this.#state !== "waiting-for-token") return;
    this.#backoff.reset();
    this.#request();
  }

  /** Renews now if the present leaf was issued before this instant (Unix milliseconds). */
  renewIfIssuedBefore(unixMs: number): void {
    if (this.#state === "valid" && this.#issuedMs < unixMs) this.#request();
  }

  close(): void {
    this.#state = "closed";
    this.#next?.cancel();
    this.#end?.cancel();
    this.#listeners.clear();
  }

  #request(): void {
    this.#next?.cancel();
    const proof = this.#proof();
    if (proof === null) {
      this.#state = "waiting-for-token";
      this.#options.needToken();
      return;
    }
    this.#state = "requesting";
    this.#options.issue(proof).then(
      (issued) => this.#answered(issued, proof),
      (error: unknown) => this.#answered({ ok: false, refused: false, message: messageOf(error) }, proof),
    );
  }

  #proof(): Proof | null {
    const own = this.credentials();
    if (own !== null && !(this.#leafRefused && this.#token !== null)) return { key: own.keyPem, cert: own.chainPem };
    return this.#token === null ? null : { token: this.#token };
  }

  #answered(issued: Issued, proof: Proof): void {
    if (this.#state === "closed") return;
    if (issued.ok) {
      this.#install(issued);
      return;
    }
    this.#options.log("warn", `no certificate: ${issued.message}`);
    if (issued.refused) this.#refused(proof);
    this.#state = this.credentials() === null ? "without" : "valid";
    this.#next = this.#options.clock.setTimer(() => this.#request(), this.#backoff.nextMs(), { unref: true });
  }

  /** What was refused once is refused again: a token is used up, a leaf needs a token's help. */
  #refused(proof: Proof): void {
    if ("token" in proof) {
      if (proof.token === this.#token) this.#token = null;
    } else if (!this.#leafRefused) {
      this.#leafRefused = true;
      this.#options.needToken();
    }
  }

  #install(issued: Issued & { ok: true }): void {
    const { clock } = this.#options;
    this.#credentials = issued.credentials;
    this.#issuedMs = clock.nowMs();
    // One redemption is all a join token is good for.
    this.#token = null;
    this.#leafRefused = false;
    this.#state = "valid";
    this.#backoff.reset();
    this.#watchEnd();
    this.#planRenewal();
    this.#options.issued(issued.credentials, issued.trustBundlePem);
    this.#options.log("info", `certificate ${issued.credentials.serial} until ${new Date(issued.credentials.notAfterMs).toISOString()}`);
    this.#changed();
  }

  #planRenewal(): void {
    const own = this.#credentials as Credentials;
    const { clock, random } = this.#options;
    const lifeMs = own.notAfterMs - this.#issuedMs;
    const atMs = this.#issuedMs + lifeMs * (RENEW_AT + RENEW_JITTER * (2 * random() - 1));
    this.#next?.cancel();
    this.#next = at(clock, atMs, () => this.#request());
  }

  /** The end of the leaf is a change too: whoever still holds it must stop. */
  #watchEnd(): void {
    this.#end?.cancel();
    this.#end = at(this.#options.clock, (this.#credentials as Credentials).notAfterMs, () => {
      this.#options.log("warn", "the certificate has ended without a successor");
      this.#changed();
      if (this.#state === "valid") this.#request();
    });
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Calls at `unixMs`, at once when it has passed. */
function at(clock: Clock, unixMs: number, callback: () => void): Timer {
  let timer: Timer;
  const arm = (): void => {
    const leftMs = unixMs - clock.nowMs();
    timer =
      leftMs > MAX_TIMER_MS
        ? clock.setTimer(arm, MAX_TIMER_MS, { unref: true })
        : clock.setTimer(callback, Math.max(0, Math.ceil(leftMs)), { unref: true });
  };
  arm();
  return { cancel: () => timer.cancel() };
}
