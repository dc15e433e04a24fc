import type { Socket } from "node:net";
import type { Clock, Timer } from "../../lib/clock.ts";
import { MAX_CLIENT_HELLO_BYTES } from "./client-hello.ts";
import { classifyFirstBytes, type FirstBytes } from "./first-bytes.ts";

/** How a peek ended. `silent`: nothing came within `silenceMs`. `slow`: something began and did not become clear in time. */
export type PeekResult = FirstBytes | { readonly kind: "silent" } | { readonly kind: "slow" } | { readonly kind: "closed" };

export interface PeekLimits {
  readonly clock: Clock;
  /** Until the first byte. */
  readonly silenceMs: number;
  /** Until the first bytes are clear, from the first of them. */
  readonly deadlineMs: number;
  /** How they are told apart; all that may begin a connection when absent. */
  readonly classify?: (bytes: Buffer) => FirstBytes | "more";
}

const START_BYTES = 2 * 1024;

/**
 * Looks at the first bytes of `socket` and puts them back: whoever gets it next reads from the start.
 * Calls back once, with when the first byte came (monotonic; -1: none did); with `closed` the socket is destroyed already. Until then nothing else may listen on it.
 */
export function peek(socket: Socket, limits: PeekLimits, done: (result: PeekResult, beganMs: number) => void): void {
  new Peek(socket, limits, done).start();
}

class Peek {
  readonly #socket: Socket;
  readonly #limits: PeekLimits;
  readonly #done: (result: PeekResult, beganMs: number) => void;
  #beganMs = -1;
  #held = Buffer.alloc(0);
  #length = 0;
  #timer: Timer | undefined;
  /** Some has come, and what it begins cannot be told yet. */
  #unclear = false;

  constructor(socket: Socket, limits: PeekLimits, done: (result: PeekResult, beganMs: number) => void) {
    this.#socket = socket;
    this.#limits = limits;
    this.#done = done;
  }

  start(): void {
    const { clock, silenceMs } = this.#limits;
    this.#timer = clock.setTimer(this.#onSilence, silenceMs, { unref: true });
    this.#socket.on("readable", this.#onReadable);
    this.#socket.on("end", this.#onClosed);
    this.#socket.on("close", this.#onClosed);
    this.#socket.on("error", this.#onClosed);
    // Whoever had it before may have left it paused, and only this starts the reading of such a socket.
    this.#socket.resume();
  }

  readonly #onReadable = (): void => {
    for (let chunk = this.#socket.read() as Buffer | null; chunk !== null; chunk = this.#socket.read() as Buffer | null) {
      this.#append(chunk);
      if (this.#length >= MAX_CLIENT_HELLO_BYTES) break;
    }
    const classify = this.#limits.classify ?? classifyFirstBytes;
    const first = classify(this.#held.subarray(0, this.#length));
    if (first !== "more") this.#finish(first);
    else if (this.#length >= MAX_CLIENT_HELLO_BYTES) this.#finish({ kind: "other" });
    else if (this.#length > 0 && !this.#unclear) this.#giveTime();
  };

  /** It has begun: silence is not what is waited for any more. */
  #giveTime(): void {
    const { clock, deadlineMs } = this.#limits;
    this.#unclear = true;
    this.#timer?.cancel();
    this.#timer = clock.setTimer(this.#onDeadline, deadlineMs, { unref: true });
  }

  /** Doubles its buffer, so that a hello sent byte by byte costs no more than twice its length in copies. */
  #append(chunk: Buffer): void {
    if (this.#length === 0) this.#beganMs = this.#limits.clock.monotonicMs();
    const length = this.#length + chunk.length;
    if (length > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(START_BYTES, length, 2 * this.#held.length));
      this.#held.copy(grown, 0, 0, this.#length);
      this.#held = grown;
    }
    chunk.copy(this.#held, this.#length);
    this.#length = length;
  }

  readonly #onSilence = (): void => {
    this.#finish({ kind: "silent" });
  };

  readonly #onDeadline = (): void => {
    this.#finish({ kind: "slow" });
  };

  readonly #onClosed = (): void => {
    // Bytes that are still unclear at their end are a broken beginning of something: nobody to give them to.
    this.#socket.destroy();
    this.#finish({ kind: "closed" });
  };

  #finish(result: PeekResult): void {
    this.#timer?.cancel();
    this.#socket.off("readable", this.#onReadable);
    this.#socket.off("end", this.#onClosed);
    this.#socket.off("close", this.#onClosed);
    this.#socket.off("error", this.#onClosed);
    if (result.kind === "closed") this.#socket.on("error", ignore);
    else if (this.#length > 0) this.#socket.unshift(this.#held.subarray(0, this.#length));
    this.#done(result, this.#beganMs);
  }
}

/** A destroyed socket may still report why; nobody is interested any more. */
function ignore(): void {}
