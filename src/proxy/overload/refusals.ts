/** A request that is answered 503 as soon as there is time for it. */
export interface Refused {
  /** `waitedMs` since it was read, give or take a look at the event loop. */
  refuse(waitedMs: number): void;
}

/**
 * Answers of 503 for each request let in. One costs a third of carrying a request through a pair of proxies on one core, most
 * of it the kernel's for reading, writing and waking the caller; so what is refused costs a seventh of the time, however
 * much is asked for.
 */
const FOR_EACH_ADMITTED = 0.5;
/** So much time is saved up at most. */
const MAX_SAVED = 1_024;
/** Longer than this nobody waits for a 503: a third of the 3 s within which it is promised. */
const MAX_WAIT_MS = 1_000;
/** Entries already answered at the front of the list, before it is made anew. */
const MAX_PASSED = 1_024;

/**
 * Paces the answers to requests that are turned away for lack of time. Without this a proxy at several times what it can
 * carry would do nothing but refuse: each 503 at once lets its client ask the next thing at once. One that waits a moment
 * is not read from meanwhile. At most one request of each connection is here, so it is bounded by the connections.
 */
export class Refusals {
  #saved = MAX_SAVED;
  /** Oldest first, from {@link #first} on; in step with when they came. */
  #waiting: Refused[] = [];
  #sinceMs: number[] = [];
  #first = 0;
  #nowMs = 0;

  get waiting(): number {
    return this.#waiting.length - this.#first;
  }

  admitted(): void {
    if (this.#saved < MAX_SAVED) this.#saved += FOR_EACH_ADMITTED;
  }

  /** True: it may be answered now. False: it is told when. */
  mayRefuse(refused: Refused): boolean {
    if (this.waiting === 0 && this.#saved >= 1) {
      this.#saved -= 1;
      return true;
    }
    this.#waiting.push(refused);
    this.#sinceMs.push(this.#nowMs);
    return false;
  }

  /** At each look: whoever has waited long enough, and as many as there is time for; `all`: there is time again. */
  release(nowMs: number, all: boolean): void {
    this.#nowMs = nowMs;
    const count = this.waiting;
    for (let released = 0; released < count; released += 1) {
      const waitedMs = nowMs - (this.#sinceMs[this.#first] as number);
      if (!all && this.#saved < 1 && waitedMs < MAX_WAIT_MS) break;
      if (this.#saved >= 1) this.#saved -= 1;
      const refused = this.#waiting[this.#first] as Refused;
      this.#first += 1;
      refused.refuse(waitedMs);
    }
    this.#forgetPassed();
  }

  #forgetPassed(): void {
    if (this.#first < MAX_PASSED && this.waiting > 0) return;
    this.#waiting = this.#waiting.slice(this.#first);
    this.#sinceMs = this.#sinceMs.slice(this.#first);
    this.#first = 0;
  }
}
