import type { Http2Stream } from "./stream.ts";
import { SIDE_CLIENT, type Side } from "./settings.ts";

/** How a stream ended, as far as that is still known. */
export const ENDED_LONG_AGO = 0;
/** Both messages were complete. */
export const ENDED_COMPLETE = 1;
/** By our RST_STREAM: what the peer had sent before it knew is ignored (RFC 9113 5.1). */
export const ENDED_BY_US = 2;
export const ENDED_BY_PEER = 3;

/** Streams whose end is remembered by a client, whose server says how many there may be at once. */
const REMEMBERED_BY_CLIENT = 4_096;
const KEEP_RESET_IDS = 65_536;

/** The streams of one connection: those open, and how the last ones ended. */
export class StreamTable {
  readonly open = new Map<number, Http2Stream>();
  readonly #side: Side;
  /** Streams whose end is remembered, less one: a power of two. What was on its way to any stream just ended finds it here. */
  readonly #mask: number;
  readonly #endedIds: Int32Array;
  readonly #endedHow: Uint8Array;
  /** Highest stream the peer has opened. */
  lastPeerId = 0;
  /** The next stream of ours. */
  nextOwnId: number;

  /** `most`: streams the peer may have open at once. */
  constructor(side: Side, most: number) {
    this.#side = side;
    const remembered = side === SIDE_CLIENT ? REMEMBERED_BY_CLIENT : 2 << Math.ceil(Math.log2(Math.max(most, 8)));
    this.#mask = remembered - 1;
    this.#endedIds = new Int32Array(remembered);
    this.#endedHow = new Uint8Array(remembered);
    this.nextOwnId = side === SIDE_CLIENT ? 1 : 2;
  }

  /** Opened by a peer that opens such ones. */
  isPeers(id: number): boolean {
    return (id & 1) === (this.#side === SIDE_CLIENT ? 0 : 1);
  }

  /** Nobody has opened it yet (RFC 9113 5.1). */
  isIdle(id: number): boolean {
    return this.isPeers(id) ? id > this.lastPeerId : id >= this.nextOwnId;
  }

  remember(id: number, how: number): void {
    const slot = (id >>> 1) & this.#mask;
    // What we reset is remembered longer: its peer may go on sending for a while.
    const newer = id - (this.#endedIds[slot] as number);
    if (how === ENDED_COMPLETE && this.#endedHow[slot] === ENDED_BY_US && newer < KEEP_RESET_IDS) return;
    this.#endedIds[slot] = id;
    this.#endedHow[slot] = how;
  }

  howEnded(id: number): number {
    const slot = (id >>> 1) & this.#mask;
    return this.#endedIds[slot] === id ? (this.#endedHow[slot] as number) : ENDED_LONG_AGO;
  }
}
