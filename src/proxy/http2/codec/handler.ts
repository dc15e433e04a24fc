import type { Failure } from "./failure.ts";
import type { Http2Stream, StreamHandler } from "./stream.ts";

/** Who is concerned with a connection as a whole. */
export interface ConnectionHandler {
  /** A request has come: whose is it? Its head, or `oversized`, follows at once. Servers only. */
  accept(stream: Http2Stream): StreamHandler;
  /** SETTINGS of the peer. `first`: the peer is there and speaks HTTP/2. More streams may be possible now. */
  settings(first: boolean): void;
  /** The peer opens or accepts no more streams; those of ours above `lastStreamId` are reset as unprocessed right after. */
  goaway(lastStreamId: number, error: number, debug: string): void;
  /** A PING of ours was answered after so many milliseconds. */
  pong(roundTripMs: number): void;
  /** A stream has ended, in whichever way: another may be opened, or an idle connection closed. */
  streamEnded(): void;
  /** Every stream has had its `reset`. What is left of the output says why; after it the transport is closed. */
  failed(failure: Failure): void;
}
