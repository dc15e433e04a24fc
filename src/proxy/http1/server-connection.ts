import { Deadline, type DeadlineOwner } from "../../lib/wheel.ts";
import type { Transport } from "../contract.ts";
import type { Exchange } from "../http/exchange.ts";
import type { ServerSide } from "../http/server-side.ts";
import { OVERLOADED_LAST_REPLY, OVERLOADED_REPLY } from "../overload/overloaded-reply.ts";
import type { Refused } from "../overload/refusals.ts";
import { HIGH_WATER_BYTES, Wire, type WireOwner } from "../wire.ts";
import { trailersOf } from "./answer-head.ts";
import type { Failure } from "./codec/failure.ts";
import { BODY_LENGTH, BODY_NONE, DATA, END, FAILED, HEAD, type MessageReader } from "./codec/message-reader.ts";
import type { Head } from "./codec/head.ts";
import { isHead } from "./codec/methods.ts";
import { Http1Downstream, type RequestReading } from "./downstream.ts";

/** Between requests, or inside a head. */
const AWAIT = 0;
/** A request is under way. */
const BUSY = 1;
/** Answered; the rest of a short request body is read and forgotten. */
const DISCARD = 2;
/** Bytes pass unread. */
const TUNNEL = 3;
/** Our direction has ended; theirs is read and forgotten, or a reset would overtake our answer (RFC 9112 9.6). */
const LINGER = 4;
const GONE = 5;
/** A request is to be answered 503 overloaded, as soon as there is time for that. */
const REFUSED = 6;

/**
 * So much of a body nobody wants is read and forgotten. Closing instead would break the word given with the
 * answer, and with it the next request a client has sent already; what is on the way fits in here.
 */
const MAX_DISCARD_BYTES = 4 * 1_024 * 1_024;
const LINGER_MS = 1_000;
const DRAIN_IDLE_MS = 1_000;
/**
 * A client that ended its direction after its request waits for the answer, or is gone: only a write would
 * tell. It gets this long, so that what nobody waits for does not hold upstreams for ever.
 */
const HALF_CLOSED_MS = 5_000;

/** The server's side of one HTTP/1 connection: reads requests one after the other; whatever is sent ahead waits. */
export class ServerConnection implements RequestReading, WireOwner, DeadlineOwner, Refused {
  readonly wire: Wire;
  readonly #side: ServerSide;
  readonly #transport: Transport;
  readonly #client: Http1Downstream;
  readonly #deadline: Deadline;
  #reader: MessageReader | null = null;
  exchange: Exchange | null = null;
  #state = AWAIT;
  /** Bytes read and not yet looked at. */
  #stash: Buffer | null = null;
  #running = false;
  #held = false;
  #discarded = 0;
  #handOver: (() => void) | null = null;
  #headStarted = false;
  /** When the first head's first byte came, if before this was made; -1: not, or that head is read. */
  #beganMs: number;
  /** Bytes of the request under way and its answer when its deadline was last looked at, and for how long there were no more. */
  #movedBytes = 0;
  #quietMs = 0;

  constructor(side: ServerSide, transport: Transport) {
    this.#side = side;
    this.#transport = transport;
    this.#beganMs = transport.beganMs ?? -1;
    this.#deadline = new Deadline(this);
    this.#extend(side.engine.limits.idleConnectionMs);
    this.wire = new Wire(transport, this);
    this.#client = new Http1Downstream(side, transport, this);
  }

  /** The outbox is empty between two reads. */
  get unwritten(): number {
    return 0;
  }

  get tunnelling(): boolean {
    return this.#state === TUNNEL;
  }

  onBytes(bytes: Buffer, start: number, end: number): void {
    switch (this.#state) {
      case AWAIT:
      case DISCARD:
        this.#run(bytes, start, end);
        return;
      case BUSY: {
        const exchange = this.exchange as Exchange;
        if (exchange.requestDone || !exchange.flowing) this.#setAside(bytes, start, end);
        else {
          this.#extend(this.#side.engine.limits.idleConnectionMs);
          this.#run(bytes, start, end);
        }
        return;
      }
      case TUNNEL:
        this.#extend(this.#side.engine.limits.idleStreamMs);
        this.#pass(bytes, start, end);
        return;
      case REFUSED:
        this.#setAside(bytes, start, end);
        return;
      default:
    }
  }

  /** Sets bytes aside until the request under way lets the next ones come. */
  #setAside(bytes: Buffer, start: number, end: number): void {
    if (end > start) {
      const rest = bytes.subarray(start, end);
      this.#stash = this.#stash === null ? Buffer.from(rest) : Buffer.concat([this.#stash, rest]);
    }
    this.wire.pause();
  }

  #run(bytes: Buffer, start: number, end: number): void {
    this.#running = true;
    let pos = start;
    while (pos < end || this.#state !== AWAIT) {
      if (this.#state === GONE || this.#state === LINGER) break;
      if (this.#state === TUNNEL) {
        if (pos < end) this.#pass(bytes, pos, end);
        break;
      }
      const reader = (this.#reader ??= this.#side.takeReader());
      const event = reader.next(bytes, pos, end);
      pos = reader.pos;
      if (event === HEAD) {
        this.#begin(reader);
        if (this.#state === REFUSED) {
          if (pos < end) this.#setAside(bytes, pos, end);
          break;
        }
        if (this.#handOver !== null) {
          this.#setAside(bytes, pos, end);
          break;
        }
        const exchange = this.exchange;
        if (exchange !== null && !exchange.flowing && reader.body !== BODY_NONE) {
          this.#setAside(bytes, pos, end);
          break;
        }
      } else if (event === DATA) {
        if (this.#state === BUSY) (this.exchange as Exchange).requestData(bytes, reader.dataStart, reader.dataEnd);
        else if (!this.#mayForget(reader.dataEnd - reader.dataStart)) break;
      } else if (event === END) {
        if (this.#state === DISCARD) {
          this.#toAwait(this.#side.engine.clock.monotonicMs());
          continue;
        }
        const exchange = this.exchange as Exchange;
        exchange.requestEnd(trailersOf(reader));
        if (this.exchange === exchange) exchange.flushRequest();
        if (this.exchange === exchange && this.#state === BUSY) {
          if (pos < end) this.#setAside(bytes, pos, end);
          break;
        }
      } else if (event === FAILED) {
        this.#refuseMessage(reader.failure as Failure);
        break;
      } else {
        if (this.#state === BUSY) (this.exchange as Exchange).flushRequest();
        else if (!reader.untouched && !this.#headStarted) {
          this.#headStarted = true;
          this.#awaitHead();
        }
        break;
      }
    }
    this.#running = false;
    if (this.#handOver !== null) this.#finishHandOver(this.#handOver);
    else if (this.#state === AWAIT) this.#afterRequest();
  }

  /** The rest of a head; of the first one, the time in which somebody looked at its beginning counts. */
  #awaitHead(): void {
    const { wheel, clock, limits } = this.#side.engine;
    const began = this.#beganMs >= 0 ? this.#beganMs : clock.monotonicMs();
    wheel.set(this.#deadline, began, limits.headerDeadlineMs);
  }

  /** Counts what is thrown away; too much ends the connection. */
  #mayForget(count: number): boolean {
    this.#discarded += count;
    if (this.#discarded <= MAX_DISCARD_BYTES) return true;
    this.#linger();
    return false;
  }

  #begin(reader: MessageReader): void {
    this.#headStarted = false;
    this.#beganMs = -1;
    this.#quietMs = 0;
    const { wheel, limits } = this.#side.engine;
    if (!this.#side.admits()) {
      this.#turnAway(reader);
      return;
    }
    this.#state = BUSY;
    const exchange = this.#open(reader);
    this.#client.keep = wantsMore(reader.head);
    wheel.set(this.#deadline, exchange.startMs, limits.idleConnectionMs);
    exchange.start();
  }

  #turnAway(reader: MessageReader): void {
    this.#state = REFUSED;
    this.#client.request.reader = reader;
    if (this.#side.engine.overload.mayRefuse(this)) {
      this.refuse(0);
      return;
    }
    this.#client.retain();
    this.#extend(this.#side.engine.limits.idleConnectionMs);
  }

  refuse(waitedMs: number): void {
    if (this.#state !== REFUSED) return;
    const reader = this.#reader as MessageReader;
    if (this.#refuseBriefly(reader, waitedMs)) return;
    this.#state = BUSY;
    const exchange = this.#open(reader);
    this.#client.keep = wantsMore(reader.head);
    exchange.turnAway(waitedMs);
  }

  /** With bytes made before, no exchange, nothing looked at. False: that would not do. */
  #refuseBriefly(reader: MessageReader, waitedMs: number): boolean {
    const { head } = reader;
    const { clock, observer, outbox } = this.#side.engine;
    if (observer.wantsDetails || reader.body !== BODY_NONE || head.upgrade || isHead(head)) return false;
    // Who does not read what it is told gets no more.
    const keep = wantsMore(head) && head.minor === 1 && this.#side.keeps(this.#transport) && this.wire.pending <= HIGH_WATER_BYTES;
    const answer = keep ? OVERLOADED_REPLY : OVERLOADED_LAST_REPLY;
    outbox.flush(this.wire);
    this.wire.write(answer, 0, answer.length);
    this.#side.countTurnedAway(this.#client, waitedMs);
    if (!keep) {
      this.#linger();
      return true;
    }
    this.#toAwait(clock.monotonicMs());
    if (!this.#running) this.#afterRequest();
    return true;
  }

  #open(reader: MessageReader): Exchange {
    const exchange = this.#side.takeExchange();
    this.exchange = exchange;
    this.#client.request.reader = reader;
    this.#client.keep = false;
    exchange.open(this.#client);
    return exchange;
  }

  /** Bytes of a tunnel. */
  #pass(bytes: Buffer, start: number, end: number): void {
    const exchange = this.exchange as Exchange;
    exchange.requestData(bytes, start, end);
    exchange.flushRequest();
  }

  // --- reading ------------------------------------------------------------------------------------

  /** A message that is not one: answered when no answer is under way, and the connection ends. */
  #refuseMessage(failure: Failure): void {
    this.#state = BUSY;
    const exchange = this.exchange ?? this.#open(this.#reader as MessageReader);
    this.#client.keep = false;
    exchange.refuse(failure.reason);
  }

  /** The exchange may take the request's body now. */
  flow(): void {
    if (this.#running || this.#state !== BUSY) return;
    const stash = this.#stash;
    this.#stash = null;
    const exchange = this.exchange as Exchange;
    if (!exchange.requestDone) this.#run(stash ?? NOTHING, 0, stash === null ? 0 : stash.length);
    else {
      this.#stash = stash;
      exchange.flushRequest();
    }
    this.#checkCut();
    this.#readOn();
  }

  /** The upstream takes no more for now. */
  hold(): void {
    this.#held = true;
    this.wire.pause();
  }

  /** It does again. */
  unhold(): void {
    this.#held = false;
    this.#readOn();
  }

  /** Reads unless bytes are waiting already, or the upstream is behind. Also during an answer: the end is to be seen. */
  #readOn(): void {
    if (this.#stash === null && !this.#held) this.wire.resume();
  }

  /** True when another request can follow: this one is read to its end, or its end can be reached. */
  canFollow(): boolean {
    const exchange = this.exchange as Exchange;
    const reader = this.#reader as MessageReader;
    if (exchange.requestDone) return true;
    if (!reader.pastHead) return false;
    if (reader.body === BODY_NONE) return true;
    // Without its 100 a client may never send the body.
    if (reader.head.expectsContinue && exchange.record.requestBytes === 0) return false;
    return reader.body !== BODY_LENGTH || reader.remaining <= MAX_DISCARD_BYTES;
  }

  /** The exchange is over. */
  ended(nowMs: number): void {
    const exchange = this.exchange as Exchange;
    const reader = this.#reader as MessageReader;
    const done = exchange.requestDone || (reader.pastHead && reader.body === BODY_NONE);
    const follow = this.#client.keep && this.#state !== TUNNEL;
    const discard = follow && !done && this.canFollow();
    this.exchange = null;
    this.#held = false;
    if (this.#state === GONE) return;
    if (follow && done) {
      this.#toAwait(nowMs);
      if (!this.#running) this.#afterRequest();
    } else if (discard) {
      this.#state = DISCARD;
      this.#discarded = 0;
      this.#extend(this.#side.engine.limits.headerDeadlineMs);
      if (!this.#running) this.#afterRequest();
    } else {
      this.#linger();
    }
  }

  #toAwait(nowMs: number): void {
    const reader = this.#reader;
    if (reader !== null) {
      this.#side.giveReader(reader);
      this.#reader = null;
    }
    this.#state = AWAIT;
    this.#headStarted = false;
    const { wheel, limits } = this.#side.engine;
    wheel.set(this.#deadline, nowMs, limits.idleConnectionMs);
  }

  /** Goes on with what was sent ahead; ends a connection that has nothing to wait for. */
  #afterRequest(): void {
    while (this.#stash !== null && (this.#state === AWAIT || this.#state === DISCARD)) {
      const stash: Buffer = this.#stash;
      this.#stash = null;
      this.#run(stash, 0, stash.length);
      this.#checkCut();
    }
    if (this.#state === AWAIT && this.#reader === null && (this.wire.ended || !this.#side.keeps(this.#transport))) {
      this.#linger();
      return;
    }
    this.#readOn();
  }

  #linger(): void {
    if (this.#state === GONE) return;
    this.#state = LINGER;
    this.#stash = null;
    this.#held = false;
    this.wire.end();
    if (this.wire.ended) {
      // Both directions are over; the socket closes when what is written has left.
      this.#extend(this.#side.engine.limits.idleConnectionMs);
      return;
    }
    this.wire.resume();
    this.#extend(LINGER_MS);
  }

  /** Something passed through the tunnel. */
  touch(): void {
    this.#extend(this.#side.engine.limits.idleStreamMs);
  }

  /** The upgrade was accepted. */
  tunnel(): void {
    this.#state = TUNNEL;
    this.#extend(this.#side.engine.limits.idleStreamMs);
    const stash = this.#stash;
    this.#stash = null;
    if (stash !== null && !this.#running) this.#pass(stash, 0, stash.length);
    // The client had nothing more to say already.
    if (this.wire.ended && this.exchange !== null) this.exchange.requestEnd(null);
    this.#readOn();
  }

  whenSorted(give: () => void): void {
    this.#handOver = give;
    if (!this.#running) this.#finishHandOver(give);
  }

  #finishHandOver(give: () => void): void {
    this.#handOver = null;
    if (this.#state !== GONE) give();
  }

  /** Somebody else has the socket now; what came after the request stands in front. */
  letGo(): void {
    const stash = this.#stash;
    this.exchange = null;
    this.wire.release();
    this.#gone();
    if (stash !== null) this.wire.socket.unshift(stash);
  }

  /**
   * No request after the next one. An idle connection is not ended at once: its client may have sent one
   * already; who sends none for a while gets the end.
   */
  drain(): void {
    if (this.#state === AWAIT && this.#reader === null) this.#extend(Math.min(DRAIN_IDLE_MS, this.#side.engine.limits.idleConnectionMs));
  }

  /** The client reads too slowly; it has this long to read on. */
  watchReader(): void {
    this.#extend(this.#side.engine.limits.idleConnectionMs);
  }

  onEnd(): void {
    switch (this.#state) {
      case AWAIT:
      case DISCARD:
        this.#linger();
        return;
      case BUSY:
        this.#checkCut();
        return;
      case TUNNEL:
        (this.exchange as Exchange).requestEnd(null);
        return;
      default:
    }
  }

  /** A request whose end cannot come any more is over; a complete one has a little time left. */
  #checkCut(): void {
    if (this.#state !== BUSY || !this.wire.ended || this.#stash !== null) return;
    const { requestDone } = this.exchange as Exchange;
    if (!requestDone && (this.#reader as MessageReader).body !== BODY_NONE) this.wire.destroy();
    else this.#extend(Math.min(HALF_CLOSED_MS, this.#side.engine.limits.idleConnectionMs));
  }

  onDrain(): void {
    this.exchange?.downstreamDrained();
  }

  onClosed(): void {
    this.#gone();
  }

  #gone(): void {
    if (this.#state === GONE) return;
    this.#state = GONE;
    this.#side.engine.wheel.clear(this.#deadline);
    this.#stash = null;
    const exchange = this.exchange;
    if (exchange !== null) exchange.clientGone();
    this.exchange = null;
    if (this.#reader !== null) this.#side.giveReader(this.#reader);
    this.#reader = null;
    this.#side.removed(this);
  }

  onDeadline(): void {
    switch (this.#state) {
      case AWAIT:
        if (this.#headStarted) this.#timedOut("header-timeout");
        else this.#linger();
        return;
      case BUSY: {
        const exchange = this.exchange as Exchange;
        if (this.wire.pending > 0) {
          exchange.record.reason = "idle-timeout";
          this.wire.reset();
        } else if (this.wire.ended && !exchange.answerStarted) this.wire.destroy();
        else if (!exchange.requestDone && exchange.flowing && !this.wire.paused) {
          this.#client.keep = false;
          exchange.timedOut("idle-timeout");
        } else this.#wait(exchange);
        return;
      }
      case TUNNEL:
        (this.exchange as Exchange).record.reason = "idle-timeout";
        this.wire.destroy();
        return;
      case DISCARD:
      case LINGER:
        this.wire.destroy();
        return;
      // REFUSED: its answer is never far.
      default:
    }
  }

  /** For an answer there is no deadline, but for one on which nothing moves any more, either way. */
  #wait(exchange: Exchange): void {
    const { limits } = this.#side.engine;
    const { requestBytes, responseBytes } = exchange.record;
    const moved = requestBytes + responseBytes;
    this.#quietMs = moved === this.#movedBytes ? this.#quietMs + limits.idleConnectionMs : 0;
    this.#movedBytes = moved;
    if (this.#quietMs < limits.idleStreamMs) this.#extend(limits.idleConnectionMs);
    else {
      this.#client.keep = false;
      exchange.timedOut("idle-timeout");
    }
  }

  #timedOut(reason: "header-timeout"): void {
    this.#state = BUSY;
    this.#open(this.#reader as MessageReader).timedOut(reason);
  }

  #extend(delayMs: number): void {
    const { wheel, clock } = this.#side.engine;
    wheel.set(this.#deadline, clock.monotonicMs(), delayMs);
  }
}

/** As far as the client says. */
function wantsMore(head: Head): boolean {
  return head.minor === 1 ? !head.close : head.keepAlive && !head.close;
}

const NOTHING = Buffer.alloc(0);
