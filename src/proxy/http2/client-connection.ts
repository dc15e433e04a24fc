import type { Transport } from "../contract.ts";
import { speaksMeshHttp2 } from "./alpn.ts";
import { Http2Channel, type ChannelEngine } from "./channel.ts";
import { ClientStream } from "./client-stream.ts";
import { APP_LIMITS, MESH_LIMITS } from "./codec/limits.ts";
import { SIDE_CLIENT } from "./codec/settings.ts";
import type { StreamHandler } from "./codec/stream.ts";

/** Where connections come from. */
export interface ChannelHome {
  /** A stream has ended, or more are possible: {@link Http2ClientConnection.room} may say yes now. */
  channelReady(connection: Http2ClientConnection): void;
  channelClosed(connection: Http2ClientConnection): void;
}

/** Unsent bytes that stay above this for so long: another connection takes the next requests. */
const CONGESTED_BYTES = 1_024 * 1_024;
const CONGESTED_MS = 10;

/** An HTTP/2 connection to an endpoint: many requests at a time. */
export class Http2ClientConnection extends Http2Channel {
  readonly #home: ChannelHome;
  readonly #idleMs: number;
  readonly #mesh: boolean;
  #busyMs: number;
  #congestedMs = -1;
  /** No new request: it ends with the last one. */
  #leaving = false;

  /** `idleMs`: how long it is kept without a request. */
  constructor(transport: Transport, engine: ChannelEngine, home: ChannelHome, idleMs: number) {
    super(SIDE_CLIENT, transport, speaksMeshHttp2(transport) ? MESH_LIMITS : APP_LIMITS, engine);
    this.#home = home;
    this.#idleMs = idleMs;
    this.#mesh = speaksMeshHttp2(transport);
    this.#busyMs = this.nowMs;
  }

  /** Takes another request now. */
  get room(): boolean {
    return this.codec.canOpen && !this.#leaving && this.transport.retired !== true && !this.wire.closed && !this.#congested && !this.#tired;
  }

  /** One client that opens and gives up without end must not make the peer cut what others share. */
  get #tired(): boolean {
    return this.codec.tired(this.nowMs) && this.codec.tired(this.engine.clock.monotonicMs());
  }

  /** Takes no request any more. */
  get ending(): boolean {
    return this.#leaving || this.codec.closing || this.transport.retired === true || this.wire.closed;
  }

  /** Bytes have been waiting for too long: more would only wait behind them. */
  get #congested(): boolean {
    if (this.waiting <= CONGESTED_BYTES) {
      this.#congestedMs = -1;
      return false;
    }
    const nowMs = this.engine.clock.monotonicMs();
    if (this.#congestedMs < 0) this.#congestedMs = nowMs;
    return nowMs - this.#congestedMs > CONGESTED_MS;
  }

  /** Upgrades may travel as extended CONNECT: our proxies always take them, others say so (RFC 8441 3). */
  get takesUpgrades(): boolean {
    return this.#mesh || this.codec.peer.connectProtocol;
  }

  stream(): ClientStream {
    return new ClientStream(this);
  }

  override accept(): StreamHandler {
    throw new Error("a server opened a stream: the codec refuses those");
  }

  override settings(): void {
    this.#home.channelReady(this);
  }

  /** Whoever waited for room here has to look elsewhere. */
  override goaway(): void {
    this.#home.channelReady(this);
  }

  override streamEnded(): void {
    this.#busyMs = this.nowMs;
    // To an application a new connection costs little, and it forgets.
    if (!this.#mesh && this.codec.tired(this.nowMs)) this.#leaving = true;
    if (this.ending) this.retire();
    this.#home.channelReady(this);
  }

  protected override ticked(): void {
    const { codec } = this;
    const active = codec.activeStreams > 0;
    if (this.transport.retired === true || (!active && this.nowMs - this.#busyMs >= this.#idleMs)) this.retire();
    // Applications answer such questions with GOAWAY: some take them for an attack.
    else if (this.#mesh) this.askIfSilent();
    // A rest may be over: nothing else would say so.
    this.#home.channelReady(this);
  }

  /**
   * No new request; ends with the last one. GOAWAY is not sent before that: it would say nothing about our own requests
   * (RFC 9113 6.8), and some servers break them off at it.
   */
  retire(): void {
    this.#leaving = true;
    const { codec } = this;
    if (codec.activeStreams === 0 && !codec.closing) codec.shutdown(this.engine.clock.monotonicMs());
    this.touch();
  }

  protected override closed(): void {
    this.#home.channelClosed(this);
  }
}
