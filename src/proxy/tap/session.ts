import type { TapSession as Message } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { ExchangeRecord } from "../contract.ts";
import { compileTapFilter } from "./filter.ts";

const MAX_PER_SECOND = 10_000;
const DEFAULT_PER_SECOND = 100;

/** One tap in force: its filter, its end, and how much it may send. */
export class TapSession {
  readonly id: string;
  readonly expiresAtUnixMs: number;
  readonly matches: (record: ExchangeRecord) => boolean;
  readonly #perSecond: number;
  #allowance: number;
  #filledMs: number;

  /** `nowMs` is monotonic; the rate is divided among `processes`. Throws with a reason when the filter is not understood. */
  constructor(message: Message, nowMs: number, processes = 1) {
    this.id = message.id;
    this.expiresAtUnixMs = message.expiresAtUnixMs;
    this.matches = compileTapFilter(message.filter);
    this.#perSecond = Math.max(1, Math.min(message.maxPerSecond || DEFAULT_PER_SECOND, MAX_PER_SECOND) / processes);
    this.#allowance = this.#perSecond;
    this.#filledMs = nowMs;
  }

  /** Takes one event from the allowance; false when it is used up. A burst of one second's worth is let through. */
  admit(nowMs: number): boolean {
    this.#allowance = Math.min(this.#perSecond, this.#allowance + ((nowMs - this.#filledMs) * this.#perSecond) / 1_000);
    this.#filledMs = nowMs;
    if (this.#allowance < 1) return false;
    this.#allowance -= 1;
    return true;
  }
}
