import type { Core } from "./core.ts";
import { FAILURE } from "./failure.ts";
import { putUint32, writePing } from "./write-frame.ts";

/** First half of a PING's token: what it is for. */
const FOR_HEALTH = 0x6d65_7368;
const FOR_GOODBYE = 0x6279_6521;

export const PONG_UNKNOWN = -1;
export const PONG_GOODBYE = -2;

/** Our PINGs and their answers (RFC 9113 6.7), and what the peer has to answer in time. */
export class Liveness {
  readonly #core: Core;
  readonly #startMs: number;
  /** Times at which the PINGs without an answer were sent, oldest first; answers come in order. */
  readonly #sentMs: number[] = [];
  #oldest = 0;
  #next = 0;
  readonly #token = Buffer.alloc(8);

  constructor(core: Core) {
    this.#core = core;
    this.#startMs = core.nowMs;
  }

  /** False: too many have no answer yet. */
  ping(): boolean {
    if (this.#sentMs.length >= this.#core.limits.maxPingsOutstanding) return false;
    this.#sentMs.push(this.#core.nowMs);
    this.#send(FOR_HEALTH, this.#next);
    this.#next = (this.#next + 1) >>> 0;
    return true;
  }

  /** The PING behind a warning that the connection ends. */
  probe(): boolean {
    this.#send(FOR_GOODBYE, 0);
    return true;
  }

  #send(purpose: number, number: number): void {
    putUint32(this.#token, 0, purpose);
    putUint32(this.#token, 4, number);
    writePing(this.#core.out, false, this.#token, 0);
  }

  /** Milliseconds since our PING with this token; {@link PONG_GOODBYE}, or {@link PONG_UNKNOWN} for one that is not ours. */
  pong(bytes: Buffer, start: number): number {
    const purpose = bytes.readUInt32BE(start);
    const number = bytes.readUInt32BE(start + 4);
    if (purpose === FOR_GOODBYE && number === 0) return PONG_GOODBYE;
    if (purpose !== FOR_HEALTH || this.#sentMs.length === 0 || number !== this.#oldest) return PONG_UNKNOWN;
    this.#oldest = (this.#oldest + 1) >>> 0;
    return this.#core.nowMs - (this.#sentMs.shift() as number);
  }

  check(): void {
    const core = this.#core;
    const { settingsTimeoutMs, pingTimeoutMs } = core.limits;
    const settled = core.peer.seen && core.settingsAcknowledged;
    if (!settled && core.nowMs - this.#startMs >= settingsTimeoutMs) core.fail(FAILURE.settingsTimeout);
    const [oldest] = this.#sentMs;
    if (oldest !== undefined && core.nowMs - oldest >= pingTimeoutMs) core.fail(FAILURE.pingTimeout);
  }
}
