import { type CertificateFacts, readCertificate } from "../identity/certificate-reader.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import type { CaBackend } from "./contract.ts";
import { type Lifetimes, RENEW_AT } from "./profile.ts";

/** Timers of the platform end at 24.8 days, and clocks of sleeping machines jump: look again at least this often. */
const LOOK_AGAIN_MS = 600_000;
/** Between two tries of a rotation that fails. */
const RETRY_MS = 1_000;

export interface IssuerRotationOptions {
  readonly backend: CaBackend;
  readonly clock: Clock;
  readonly lifetimes: Lifetimes;
  /** Told after each rotation, before anybody else. */
  rotated(issuer: CertificateFacts): Promise<void>;
  /** Hears that the issuer could not be replaced by itself; it is tried again. */
  failed(error: unknown): void;
}

/** The issuer in force: replaced at half its life, when something must outlive it, and on demand. */
export class IssuerRotation {
  readonly #options: IssuerRotationOptions;
  readonly #listeners = new Set<() => void>();
  #issuer: CertificateFacts;
  #running: Promise<void> | null = null;
  #timer: Timer | null = null;
  #closed = false;

  constructor(options: IssuerRotationOptions) {
    this.#options = options;
    this.#issuer = readCertificate(options.backend.authority().issuer);
    this.#arm();
  }

  get issuer(): CertificateFacts {
    return this.#issuer;
  }

  /** Unix milliseconds. */
  get dueAtMs(): number {
    const { notBeforeMs, notAfterMs } = this.#issuer;
    const madeMs = notBeforeMs + this.#options.lifetimes.backdateMs;
    return madeMs + (notAfterMs - madeMs) * RENEW_AT;
  }

  /** One at a time: whoever needs a new issuer while one is being made waits for that one. */
  rotate(): Promise<void> {
    this.#running ??= this.#rotateNow().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Sees to it that the issuer lives until `endMs`. False when even a new one would not: the root ends before. */
  async liveUntil(endMs: number): Promise<boolean> {
    if (this.#issuer.notAfterMs < endMs || this.#options.clock.nowMs() >= this.dueAtMs) await this.rotate();
    return this.#issuer.notAfterMs >= endMs;
  }

  /** Called after each change. Returns a function that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#listeners.clear();
  }

  async #rotateNow(): Promise<void> {
    const { backend, rotated } = this.#options;
    await backend.rotateIssuer();
    this.#issuer = readCertificate(backend.authority().issuer);
    await rotated(this.#issuer);
    for (const listener of this.#listeners) listener();
  }

  #arm(): void {
    if (this.#closed) return;
    const { clock, failed } = this.#options;
    const waitMs = Math.min(LOOK_AGAIN_MS, Math.max(RETRY_MS, this.dueAtMs - clock.nowMs()));
    const look = (): void => {
      const due = clock.nowMs() >= this.dueAtMs;
      (due ? this.rotate() : Promise.resolve()).catch(failed).finally(() => this.#arm());
    };
    this.#timer = clock.setTimer(look, waitMs, { unref: true });
  }
}
