import { Agent, get } from "node:https";
import type { IncomingMessage } from "node:http";

export interface Target {
  readonly url: string;
  readonly caPem: string;
  readonly token: string;
}

/** Many watches of one kind, each on a connection of its own, that look for one word. */
export class Watchers {
  readonly #open: IncomingMessage[] = [];
  /** How many have seen each word. */
  readonly #seen = new Map<string, number>();
  #wake: () => void = () => {};
  ended = 0;

  async add(target: Target, path: string, count: number): Promise<void> {
    // Handshakes in a burst would measure handshakes.
    for (let index = 0; index < count; index += 50) {
      await Promise.all(Array.from({ length: Math.min(50, count - index) }, () => this.#openOne(target, path)));
    }
  }

  #openOne({ url, caPem, token }: Target, path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { ca: caPem, agent: new Agent({ maxCachedSessions: 0 }), headers: { authorization: `Bearer ${token}` } };
      get(`${url}${path}`, options, (response) => {
        if (response.statusCode !== 200) return reject(new Error(`a watch was answered ${response.statusCode}`));
        this.#open.push(response);
        response.setEncoding("utf8");
        response.on("data", (text: string) => {
          for (const [, word = ""] of text.matchAll(/"mark":"(\w+)"/g)) this.#seen.set(word, (this.#seen.get(word) ?? 0) + 1);
          this.#wake();
        });
        response.on("close", () => (this.ended += 1));
        resolve();
      }).on("error", reject);
    });
  }

  /** Resolves when every watcher has seen the word; rejects after `limitMs`. */
  async allSee(word: string, limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs;
    while ((this.#seen.get(word) ?? 0) < this.#open.length) {
      if (performance.now() > deadline) throw new Error(`${this.#seen.get(word) ?? 0} of ${this.#open.length} watchers saw ${word}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#seen.delete(word);
  }

  close(): void {
    for (const response of this.#open) response.destroy();
  }
}
