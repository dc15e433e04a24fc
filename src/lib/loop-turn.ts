/** Beyond this many reads libuv may have asked the kernel a second time within one turn. */
const MAX_CERTAIN_READS = 512;

/**
 * Tells whether two things happened in the same poll of the event loop. Bytes read in the poll during which
 * a request was written were in the kernel before that request was: they cannot be its answer.
 */
export class LoopTurn {
  #id = 1;
  #reads = 0;
  #depth = 0;
  #armed = false;
  readonly #next = () => {
    this.#armed = false;
    this.#id += 1;
    this.#reads = 0;
  };

  /** Around the handling of one read. */
  enterRead(): void {
    this.#depth += 1;
    this.#reads += 1;
  }

  leaveRead(): void {
    this.#depth -= 1;
  }

  /** Marks this instant, or -1 when it is not inside a read and so says nothing about the order of events. */
  mark(): number {
    if (this.#depth === 0) return -1;
    if (!this.#armed) {
      this.#armed = true;
      // Runs after the poll under way, before the next.
      setImmediate(this.#next);
    }
    return this.#id;
  }

  /** True when the read being handled was certainly ready before `mark` was taken. */
  wasReadyBefore(mark: number): boolean {
    return mark === this.#id && this.#armed && this.#reads < MAX_CERTAIN_READS;
  }
}

/** There is one loop. */
export const loopTurn = new LoopTurn();
