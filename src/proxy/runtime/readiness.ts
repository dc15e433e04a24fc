/** Why the proxy is not ready, most basic first; null when it is. */
export type NotReady = "no-identity" | "no-config" | "draining" | null;

/** Tells when readiness changes, and only then. */
export class Readiness {
  readonly #look: () => NotReady;
  readonly #changed: (reason: NotReady) => void;
  readonly #waiting: (() => void)[] = [];
  #last: NotReady | undefined;

  constructor(look: () => NotReady, changed: (reason: NotReady) => void) {
    this.#look = look;
    this.#changed = changed;
  }

  get reason(): NotReady {
    return this.#look();
  }

  /** To be called after anything it depends on may have changed. */
  update(): void {
    const reason = this.#look();
    if (reason === this.#last) return;
    this.#last = reason;
    this.#changed(reason);
    if (reason === null) for (const done of this.#waiting.splice(0)) done();
  }

  /** Resolves when it is ready, at once when it is. */
  whenReady(): Promise<void> {
    return this.#last === null ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }
}
