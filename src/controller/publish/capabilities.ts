import { ALPN } from "../../messages/names.ts";

/**
 * What each proxy can speak, as it said when it last connected. It stays in force while the proxy is away: its
 * peers reach it all the same, and a later build says what it is before it serves anything.
 */
export class Capabilities {
  readonly #byInstance = new Map<string, readonly string[]>();

  /** ALPN names in a fixed order; null: it never connected, or named none we know. */
  of(instance: string): readonly string[] | null {
    return this.#byInstance.get(instance) ?? null;
  }

  /** True when this differs from what was known. */
  learn(instance: string, features: readonly string[]): boolean {
    const known = Object.values(ALPN).filter((name) => features.includes(name));
    const before = this.#byInstance.get(instance);
    if (known.length === 0) return this.#byInstance.delete(instance);
    this.#byInstance.set(instance, Object.freeze(known));
    return before === undefined || before.join() !== known.join();
  }

  forget(instance: string): void {
    this.#byInstance.delete(instance);
  }
}
