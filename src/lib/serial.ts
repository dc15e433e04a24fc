/** Runs tasks one after another in the order of the calls; one that fails does not stop the next. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles as `task` does. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => {});
    return result;
  }

  /** When everything asked for so far is done, well or not. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
