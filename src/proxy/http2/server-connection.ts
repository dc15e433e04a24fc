import type { Source } from "../../policies/contract.ts";
import type { Transport } from "../contract.ts";
import type { ServerSide } from "../http/server-side.ts";
import { KnownHost } from "../http1/read-request.ts";
import { speaksMeshHttp2 } from "./alpn.ts";
import { Http2Channel } from "./channel.ts";
import { APP_LIMITS, MESH_LIMITS } from "./codec/limits.ts";
import { SIDE_SERVER } from "./codec/settings.ts";
import type { Http2Stream, StreamHandler } from "./codec/stream.ts";
import { ServerStream } from "./server-stream.ts";

/** The server's side of one HTTP/2 connection: each of its streams is a request. */
export class Http2ServerConnection extends Http2Channel {
  readonly side: ServerSide;
  readonly source: Source;
  readonly remoteAddress: string;
  readonly knownHost = new KnownHost();
  /** Headers of our own are those of a peer's proxy. */
  readonly internal: boolean;
  /** When it last carried a request. */
  #busyMs: number;

  constructor(side: ServerSide, transport: Transport) {
    super(SIDE_SERVER, transport, speaksMeshHttp2(transport) ? MESH_LIMITS : APP_LIMITS, side.engine);
    this.side = side;
    this.source = side.sourceOf(transport);
    this.internal = transport.mtls;
    this.remoteAddress = transport.socket.remoteAddress ?? "";
    this.#busyMs = this.nowMs;
  }

  override accept(stream: Http2Stream): StreamHandler {
    const admitted = this.side.admits();
    return new ServerStream(this, stream, this.side.takeExchange(), admitted);
  }

  override settings(): void {}

  override goaway(): void {}

  override streamEnded(): void {
    this.#busyMs = this.nowMs;
    if (this.codec.closing) this.touch();
  }

  protected override ticked(): void {
    const { codec } = this;
    const idle = codec.activeStreams === 0 && this.nowMs - this.#busyMs >= this.side.engine.limits.idleConnectionMs;
    if (idle || !this.side.keeps(this.transport)) this.drain();
    if (speaksMeshHttp2(this.transport)) this.askIfSilent();
  }

  /** GOAWAY: what is under way is finished, and what the client sent before it knew. */
  drain(): void {
    this.codec.shutdown(this.engine.clock.monotonicMs());
    this.touch();
  }

  protected override closed(): void {
    this.side.removed(this);
  }
}
