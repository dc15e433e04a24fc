import type { Clock } from "../../lib/clock.ts";
import { Deadline, type DeadlineOwner, type Wheel } from "../../lib/wheel.ts";

/** Whose request's body is waited for. */
export interface BodyOwner {
  /** Nothing of it has come for as long as is waited. */
  bodyOverdue(): void;
}

/** The time a client has for the next bytes of a request that it has begun; none of a stream whose both ends may be silent. */
export class BodyWatch implements DeadlineOwner {
  readonly #owner: BodyOwner;
  readonly #wheel: Wheel;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #deadline = new Deadline(this);

  constructor(owner: BodyOwner, { wheel, clock }: { readonly wheel: Wheel; readonly clock: Clock }, patienceMs: number) {
    this.#owner = owner;
    this.#wheel = wheel;
    this.#clock = clock;
    this.#patienceMs = patienceMs;
  }

  /** The client has sent some, or may go on from now: its time begins anew. */
  begin(): void {
    this.#wheel.set(this.#deadline, this.#clock.monotonicMs(), this.#patienceMs);
  }

  end(): void {
    this.#wheel.clear(this.#deadline);
  }

  onDeadline(): void {
    this.#owner.bodyOverdue();
  }
}
