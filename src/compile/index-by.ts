import type { KubeObject } from "../model/object.ts";

/** Secondary index: objects by any number of keys each has. */
export class IndexBy {
  readonly #keysOf: (object: KubeObject) => readonly string[];
  readonly #objects = new Map<string, Map<string, KubeObject>>();

  constructor(keysOf: (object: KubeObject) => readonly string[]) {
    this.#keysOf = keysOf;
  }

  replace(key: string, before: KubeObject | undefined, after: KubeObject | undefined): void {
    if (before !== undefined) {
      for (const term of this.#keysOf(before)) {
        const found = this.#objects.get(term);
        found?.delete(key);
        if (found?.size === 0) this.#objects.delete(term);
      }
    }
    if (after !== undefined) {
      for (const term of this.#keysOf(after)) {
        const found = this.#objects.get(term);
        if (found === undefined) this.#objects.set(term, new Map([[key, after]]));
        else found.set(key, after);
      }
    }
  }

  /** In no particular order. */
  under<T extends KubeObject>(term: string): readonly T[] {
    const found = this.#objects.get(term);
    return found === undefined ? [] : ([...found.values()] as T[]);
  }
}
