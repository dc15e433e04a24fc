import type { Balancer, EndpointState } from "../../decide/contract.ts";
import { createBalancer } from "../../decide/balancer.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import type { Endpoint } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";

interface Entry {
  readonly balancer: Balancer;
  /** The resource has come, or the controller said that there is none. */
  present: boolean;
}

export interface EndpointsTableOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** These are in no Endpoints resource any more: connections to them end. */
  left(states: readonly EndpointState[]): void;
}

/** One balancer per Endpoints resource. */
export class EndpointsTable {
  readonly #options: EndpointsTableOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: EndpointsTableOptions) {
    this.#options = options;
  }

  balancer(name: string): Balancer | undefined {
    return this.#entries.get(name)?.balancer;
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  isPresent(name: string): boolean {
    return this.#entries.get(name)?.present === true;
  }

  names(): IterableIterator<string> {
    return this.#entries.keys();
  }

  add(name: string): void {
    this.#entries.set(name, { balancer: createBalancer(this.#options.random), present: false });
  }

  /** An empty list is an answer too. False: nobody asked for `name`. */
  update(name: string, endpoints: readonly Endpoint[]): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined) return false;
    entry.present = true;
    this.#leave(entry.balancer.update(endpoints, this.#options.clock.monotonicMs()));
    return true;
  }

  remove(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    this.#leave(entry.balancer.states);
  }

  #leave(states: readonly EndpointState[]): void {
    if (states.length > 0) this.#options.left(states);
  }
}
