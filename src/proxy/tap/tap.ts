import type { Clock, Timer } from "../../lib/clock.ts";
import type { TapSession as Message } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { ExchangeRecord, Observer } from "../contract.ts";
import { tapEventOf } from "./event.ts";
import type { TapSender } from "./sender.ts";
import { TapSession } from "./session.ts";

export interface TapOptions {
  readonly clock: Clock;
  /** `namespace/instance`. */
  readonly proxy: string;
  readonly sender: TapSender;
  /** That serve as this proxy: each sends its part of what a session allows. */
  readonly processes: number;
}

/** Sessions at once; more are refused with the resource that brings them. */
const MAX_SESSIONS = 64;

/** Watches finished requests for the taps in force. Without any it costs one comparison. */
export class Tap implements Observer {
  readonly #options: TapOptions;
  #sessions: readonly TapSession[] = [];
  #end: Timer | null = null;

  constructor(options: TapOptions) {
    this.#options = options;
  }

  get wantsHeaders(): boolean {
    return this.#sessions.length > 0;
  }

  get wantsDetails(): boolean {
    return this.#sessions.length > 0;
  }

  get sessions(): number {
    return this.#sessions.length;
  }

  /** Replaces the sessions; one that stays keeps its allowance. Throws with a reason, and then nothing changes. */
  set(messages: readonly Message[]): void {
    if (messages.length > MAX_SESSIONS) throw new Error(`${messages.length} tap sessions, at most ${MAX_SESSIONS} are served`);
    const { clock, processes } = this.#options;
    const nowMs = clock.monotonicMs();
    const standing = new Map(this.#sessions.map((session) => [session.id, session]));
    this.#sessions = messages.map((message) => {
      const known = standing.get(message.id);
      return known?.expiresAtUnixMs === message.expiresAtUnixMs ? known : new TapSession(message, nowMs, processes);
    });
    this.#expire();
  }

  ended(record: ExchangeRecord): void {
    if (this.#sessions.length === 0) return;
    const { clock, proxy, sender } = this.#options;
    const nowUnixMs = clock.nowMs();
    const nowMs = clock.monotonicMs();
    const ids: string[] = [];
    for (const session of this.#sessions) {
      if (nowUnixMs >= session.expiresAtUnixMs || !session.matches(record)) continue;
      if (session.admit(nowMs)) ids.push(session.id);
      else sender.drop();
    }
    if (ids.length > 0) sender.push(tapEventOf(record, proxy, ids));
  }

  close(): void {
    this.#end?.cancel();
    this.#sessions = [];
  }

  /** Ends what has expired, and comes back for the next: nobody has to tell us. */
  readonly #expire = (): void => {
    this.#end?.cancel();
    this.#end = null;
    const { clock } = this.#options;
    const nowMs = clock.nowMs();
    this.#sessions = this.#sessions.filter((session) => session.expiresAtUnixMs > nowMs);
    if (this.#sessions.length === 0) return;
    const nextMs = Math.min(...this.#sessions.map((session) => session.expiresAtUnixMs)) - nowMs;
    this.#end = clock.setTimer(this.#expire, Math.min(nextMs, 2 ** 31 - 1), { unref: true });
  };
}
