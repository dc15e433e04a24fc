import { lengthAgrees } from "./content-length.ts";
import type { Core } from "./core.ts";
import { FAILURE, type Failure } from "./failure.ts";
import { FieldSection, SECTION_IGNORED, SECTION_REQUEST, SECTION_RESPONSE, SECTION_TRAILERS } from "./field-section.ts";
import { FLAG_END_HEADERS, FLAG_END_STREAM, FLAG_PADDED, FLAG_PRIORITY } from "./frame.ts";
import { HpackDecoder } from "./hpack/decoder.ts";
import { Http2Stream, S_CLOSED, S_HALF_CLOSED_REMOTE, type StreamHandler } from "./stream.ts";
import { ENDED_BY_US, ENDED_LONG_AGO } from "./streams.ts";

const PRIORITY_BYTES = 5;
const NOTHING = Buffer.alloc(0);

/** HEADERS and CONTINUATION: field blocks put together, decoded, and told to whom they concern. */
export class HeadReceiver {
  readonly #core: Core;
  readonly #section: FieldSection;
  readonly decoder = new HpackDecoder(4_096);
  #streamId = 0;
  #flags = 0;
  /** The block is that of a stream nobody has seen before. */
  #fresh = false;
  /** More of the block is to come; `beganMs`: since when it has been under way. */
  open = false;
  beganMs = 0;
  #frames = 0;
  #block: Buffer = NOTHING;
  #blockBytes = 0;

  constructor(core: Core) {
    this.#core = core;
    this.#section = new FieldSection(core.limits);
  }

  /** Before the payload of a HEADERS frame. */
  headersHead(flags: number, streamId: number): void {
    const { streams, server } = this.#core;
    this.#flags = flags;
    this.#streamId = streamId;
    this.#fresh = false;
    if (streamId === 0) this.#core.fail(FAILURE.needsStream);
    else if (streams.open.has(streamId)) return;
    else if (streams.isIdle(streamId)) {
      if (!server) this.#core.fail(streams.isPeers(streamId) ? FAILURE.badStreamId : FAILURE.idleStream);
      else if (!streams.isPeers(streamId)) this.#core.fail(FAILURE.badStreamId);
      else {
        streams.lastPeerId = streamId;
        this.#fresh = true;
      }
    } else {
      const how = streams.howEnded(streamId);
      if (how === ENDED_BY_US) return;
      // A client's own stream of long ago may have been one we reset; a server is told of ids that go backwards.
      if (how === ENDED_LONG_AGO) {
        if (server) this.#core.fail(FAILURE.badStreamId);
      } else this.#core.fail(FAILURE.headersAfterClose);
    }
  }

  headersPayload(bytes: Buffer, start: number, end: number): void {
    let from = start;
    let to = end;
    if ((this.#flags & FLAG_PADDED) !== 0) {
      if (from === to) {
        this.#core.fail(FAILURE.badPadding);
        return;
      }
      to -= bytes[from++] as number;
    }
    // What it says about priority is ignored (RFC 9113 5.3.2).
    if ((this.#flags & FLAG_PRIORITY) !== 0) from += PRIORITY_BYTES;
    if (from > to) {
      this.#core.fail(end - start < PRIORITY_BYTES ? FAILURE.badFrameSize : FAILURE.badPadding);
      return;
    }
    if ((this.#flags & FLAG_END_HEADERS) !== 0) this.#complete(bytes, from, to);
    else {
      this.open = true;
      this.beganMs = this.#core.nowMs;
      this.#frames = 0;
      this.#blockBytes = 0;
      this.#append(bytes, from, to);
    }
  }

  /** True when a frame of another kind or stream may not come now. */
  interruptedBy(isContinuation: boolean, streamId: number): boolean {
    return this.open && (!isContinuation || streamId !== this.#streamId);
  }

  /** Before the payload of a CONTINUATION frame. */
  continuationHead(length: number): void {
    this.#frames += 1;
    const { limits } = this.#core;
    if (!this.open) this.#core.fail(FAILURE.strayContinuation);
    else if (this.#frames > limits.maxContinuations) this.#core.fail(FAILURE.continuationFlood);
    else if (this.#blockBytes + length > limits.maxBlockBytes) this.#core.fail(FAILURE.blockTooLarge);
  }

  continuationPayload(flags: number, bytes: Buffer, start: number, end: number): void {
    this.#append(bytes, start, end);
    if ((flags & FLAG_END_HEADERS) === 0) return;
    this.open = false;
    const block = this.#block;
    this.#block = NOTHING;
    this.#complete(block, 0, this.#blockBytes);
  }

  #append(bytes: Buffer, start: number, end: number): void {
    const total = this.#blockBytes + end - start;
    if (total > this.#block.length) {
      const grown = Buffer.allocUnsafe(Math.max(total, this.#block.length * 2));
      this.#block.copy(grown, 0, 0, this.#blockBytes);
      this.#block = grown;
    }
    bytes.copy(this.#block, this.#blockBytes, start, end);
    this.#blockBytes = total;
  }

  #complete(bytes: Buffer, start: number, end: number): void {
    const core = this.#core;
    const section = this.#section;
    const id = this.#streamId;
    const stream = core.streams.open.get(id);
    const ends = (this.#flags & FLAG_END_STREAM) !== 0;
    if (stream !== undefined) section.begin(stream.headReceived ? SECTION_TRAILERS : SECTION_RESPONSE);
    else section.begin(this.#fresh && !core.refusing ? SECTION_REQUEST : SECTION_IGNORED);
    const broken = this.decoder.decode(bytes, start, end, section);
    if (broken !== null) {
      core.fail(broken);
      return;
    }
    const failure = section.finish(core.limits.connectProtocol);
    if (stream === undefined) {
      if (this.#fresh) this.#request(id, failure, ends);
    } else if (stream.remoteEnded) core.streamFault(stream, FAILURE.streamEnded);
    else if (failure !== null) core.streamFault(stream, failure);
    else if (section.oversized) core.streamFault(stream, FAILURE.headersTooLarge);
    else if (stream.headReceived) this.#trailers(stream, ends);
    else this.#response(stream, ends);
  }

  #request(id: number, failure: Failure | null, ends: boolean): void {
    const core = this.#core;
    const section = this.#section;
    if (core.refusing) {
      core.streams.remember(id, ENDED_BY_US);
      return;
    }
    if (core.active >= core.limits.maxConcurrentStreams) {
      core.refuse(id, FAILURE.tooManyStreams);
      return;
    }
    if (failure !== null) {
      core.refuse(id, failure);
      return;
    }
    const stream = new Http2Stream(id, UNCLAIMED, core.peer.initialWindow, core.limits.streamWindow, core.nowMs);
    this.#fill(stream);
    stream.tunnel = section.method === "CONNECT";
    if (ends && !lengthAgrees(stream, true)) {
      core.refuse(id, FAILURE.lengthMismatch);
      return;
    }
    core.lastAcceptedId = id;
    core.streams.open.set(id, stream);
    if (ends) stream.state = S_HALF_CLOSED_REMOTE;
    stream.handler = core.handler.accept(stream);
    if ((stream.state as number) === S_CLOSED) return;
    if (section.oversized) stream.handler.oversized(stream, ends);
    else stream.handler.head(stream, ends);
  }

  #response(stream: Http2Stream, ends: boolean): void {
    const core = this.#core;
    const { status } = this.#section;
    if (status < 200) {
      if (ends) {
        core.streamFault(stream, FAILURE.interimEnd);
        return;
      }
      stream.interims += 1;
      if (stream.interims > core.limits.maxInterims) {
        core.streamFault(stream, FAILURE.interimFlood);
        return;
      }
      stream.status = status;
      stream.fields = this.#section.fields;
      stream.handler.interim(stream);
      return;
    }
    const { method } = stream;
    this.#fill(stream);
    stream.method = method;
    if (status === 204 || status === 304) stream.noContent = true;
    if (method === "CONNECT" && status < 300) {
      stream.tunnel = true;
      stream.noContent = false;
    }
    if (ends && !lengthAgrees(stream, true)) {
      core.streamFault(stream, FAILURE.lengthMismatch);
      return;
    }
    if (ends) core.endRemote(stream);
    stream.handler.head(stream, ends);
  }

  #trailers(stream: Http2Stream, ends: boolean): void {
    const core = this.#core;
    if (stream.tunnel) core.streamFault(stream, FAILURE.badConnect);
    else if (!ends) core.streamFault(stream, FAILURE.trailersOpen);
    else if (!lengthAgrees(stream, true)) core.streamFault(stream, FAILURE.lengthMismatch);
    else {
      core.endRemote(stream);
      stream.handler.end(stream, this.#section.fields);
    }
  }

  #fill(stream: Http2Stream): void {
    const section = this.#section;
    stream.headReceived = true;
    stream.method = section.method;
    stream.scheme = section.scheme;
    stream.path = section.path;
    stream.authority = section.authority;
    stream.protocol = section.protocol;
    stream.status = section.status;
    stream.contentLength = section.contentLength;
    stream.traced = section.traced;
    stream.fields = section.fields;
    if (section.sensitive.length > 0) stream.sensitive = section.sensitive;
  }
}

const ignore = (): void => {};

/** Stands in until the connection's owner has said whose a request is. */
const UNCLAIMED: StreamHandler = Object.freeze({
  interim: ignore,
  head: ignore,
  oversized: ignore,
  data: ignore,
  end: ignore,
  reset: ignore,
  writable: ignore,
});
