import type { OutboundStack } from "../../decide/contract.ts";
import type { Timer } from "../../lib/clock.ts";
import type { ReasonCode } from "../../messages/reasons.ts";

export type Resolved = (stack: OutboundStack | null, reason: ReasonCode | null) => void;

/** A destination this proxy is subscribed to. */
export class OutboundEntry {
  readonly name: string;
  /** Never dropped for being idle: a listener is tied to it. */
  readonly pinned: boolean;
  /** In force. */
  active: OutboundStack | null = null;
  /** Waits for the endpoints of its backends. */
  pending: OutboundStack | null = null;
  pendingTimer: Timer | null = null;
  /** The controller said that there is no such destination. */
  removed = false;
  /** Asked for since the last look. */
  used = true;
  readonly #waiting = new Set<Resolved>();

  constructor(name: string, pinned: boolean) {
    this.name = name;
    this.pinned = pinned;
  }

  /** Both stacks' backends: what stays subscribed. */
  endpointNames(): readonly string[] {
    return [...(this.active?.endpointNames ?? []), ...(this.pending?.endpointNames ?? [])];
  }

  wait(done: Resolved): void {
    this.#waiting.add(done);
  }

  /** False when it was answered already. */
  stopWaiting(done: Resolved): boolean {
    return this.#waiting.delete(done);
  }

  answer(stack: OutboundStack | null, reason: ReasonCode | null): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const done of waiting) done(stack, reason);
  }
}
