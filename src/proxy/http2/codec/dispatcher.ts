import { lengthAgrees } from "./content-length.ts";
import type { Core } from "./core.ts";
import { FAILURE, type Failure } from "./failure.ts";
import {
  FLAG_ACK,
  FLAG_END_STREAM,
  T_CONTINUATION,
  T_DATA,
  T_GOAWAY,
  T_HEADERS,
  T_PING,
  T_PRIORITY,
  T_PUSH_PROMISE,
  T_RST_STREAM,
  T_SETTINGS,
  T_WINDOW_UPDATE,
} from "./frame.ts";
import { type FrameSink, type Intake, TAKE_DATA, TAKE_NOTHING, TAKE_WHOLE } from "./frame-reader.ts";
import type { Goodbye } from "./goodbye.ts";
import type { HeadReceiver } from "./head-receiver.ts";
import { type Liveness, PONG_GOODBYE } from "./liveness.ts";
import type { ReceiveFlow } from "./receive-flow.ts";
import type { SendFlow } from "./send-flow.ts";
import { SETTING_BYTES, SIDE_CLIENT, SIDE_SERVER } from "./settings.ts";
import { type Http2Stream, S_CLOSED } from "./stream.ts";
import { ENDED_BY_US } from "./streams.ts";

/** Debug data of GOAWAY that is kept. */
const MAX_DEBUG_BYTES = 128;

/** Each frame to the part it concerns, after what RFC 9113 section 6 says about its kind. */
export class Dispatcher implements FrameSink {
  readonly #core: Core;
  readonly #heads: HeadReceiver;
  readonly #receiveFlow: ReceiveFlow;
  readonly #sendFlow: SendFlow;
  readonly #liveness: Liveness;
  readonly #goodbye: Goodbye;
  #type = 0;
  #flags = 0;
  #streamId = 0;
  #length = 0;
  /** Whose DATA is being read; null: it is dropped. */
  #dataStream: Http2Stream | null = null;
  #dataBytes = 0;

  constructor(core: Core, heads: HeadReceiver, receiveFlow: ReceiveFlow, sendFlow: SendFlow, liveness: Liveness, goodbye: Goodbye) {
    this.#core = core;
    this.#heads = heads;
    this.#receiveFlow = receiveFlow;
    this.#sendFlow = sendFlow;
    this.#liveness = liveness;
    this.#goodbye = goodbye;
  }

  get stopped(): boolean {
    return this.#core.failure !== null;
  }

  fail(failure: Failure): void {
    this.#core.fail(failure);
  }

  frameHead(type: number, flags: number, length: number, streamId: number): Intake {
    const core = this.#core;
    this.#type = type;
    this.#flags = flags;
    this.#length = length;
    this.#streamId = streamId;
    if (length > core.limits.maxFrameSize) return this.#refuse(FAILURE.frameTooLarge);
    if (!core.peer.seen && (type !== T_SETTINGS || (flags & FLAG_ACK) !== 0)) return this.#refuse(FAILURE.settingsFirst);
    if (this.#heads.interruptedBy(type === T_CONTINUATION, streamId)) return this.#refuse(FAILURE.blockInterrupted);
    switch (type) {
      case T_DATA:
        this.#dataHead(streamId, length);
        return TAKE_DATA;
      case T_HEADERS:
        this.#heads.headersHead(flags, streamId);
        return TAKE_WHOLE;
      case T_CONTINUATION:
        this.#heads.continuationHead(length);
        return TAKE_WHOLE;
      case T_WINDOW_UPDATE:
        if (length !== 4) return this.#refuse(FAILURE.badFrameSize);
        return core.abuse.windowUpdates.take(core.nowMs) ? TAKE_WHOLE : this.#refuse(FAILURE.windowUpdateFlood);
      case T_RST_STREAM:
        return this.#resetHead(streamId, length);
      case T_SETTINGS:
        return this.#settingsHead(streamId, length);
      case T_PING:
        if (streamId !== 0) return this.#refuse(FAILURE.needsConnection);
        if (length !== 8) return this.#refuse(FAILURE.badFrameSize);
        return core.abuse.pings.take(core.nowMs) ? TAKE_WHOLE : this.#refuse(FAILURE.pingFlood);
      case T_GOAWAY:
        if (streamId !== 0) return this.#refuse(FAILURE.needsConnection);
        if (length < 8) return this.#refuse(FAILURE.badFrameSize);
        return core.abuse.settings.take(core.nowMs) ? TAKE_WHOLE : this.#refuse(FAILURE.settingsFlood);
      case T_PRIORITY:
        return this.#priorityHead(streamId, length);
      case T_PUSH_PROMISE:
        return this.#refuse(FAILURE.pushPromise);
      default:
        return core.abuse.unknownFrames.take(core.nowMs) ? TAKE_NOTHING : this.#refuse(FAILURE.unknownFrameFlood);
    }
  }

  #refuse(failure: Failure): Intake {
    this.#core.fail(failure);
    return TAKE_NOTHING;
  }

  #resetHead(streamId: number, length: number): Intake {
    const core = this.#core;
    if (streamId === 0) return this.#refuse(FAILURE.needsStream);
    if (length !== 4) return this.#refuse(FAILURE.badFrameSize);
    if (core.streams.isIdle(streamId)) return this.#refuse(FAILURE.idleStream);
    // A server that resets our own streams is limited by how many we open.
    const counted = core.server || !core.streams.open.has(streamId);
    return !counted || core.abuse.resets.take(core.nowMs) ? TAKE_WHOLE : this.#refuse(FAILURE.rapidReset);
  }

  #settingsHead(streamId: number, length: number): Intake {
    const core = this.#core;
    if (streamId !== 0) return this.#refuse(FAILURE.needsConnection);
    if ((this.#flags & FLAG_ACK) !== 0 && length !== 0) return this.#refuse(FAILURE.ackWithPayload);
    if (length % SETTING_BYTES !== 0) return this.#refuse(FAILURE.badFrameSize);
    if (length > core.limits.maxSettings * SETTING_BYTES) return this.#refuse(FAILURE.tooManySettings);
    return core.abuse.settings.take(core.nowMs) ? TAKE_WHOLE : this.#refuse(FAILURE.settingsFlood);
  }

  /** Ignored (RFC 9113 5.3.2), but not without limit; it may concern a stream in any state. */
  #priorityHead(streamId: number, length: number): Intake {
    const core = this.#core;
    if (streamId === 0) return this.#refuse(FAILURE.needsStream);
    if (!core.abuse.priorities.take(core.nowMs)) return this.#refuse(FAILURE.priorityFlood);
    if (length !== 5) {
      const stream = core.streams.open.get(streamId);
      if (stream === undefined) return this.#refuse(FAILURE.badFrameSize);
      core.streamFault(stream, FAILURE.badFrameSize);
    }
    return TAKE_NOTHING;
  }

  #dataHead(streamId: number, length: number): void {
    const core = this.#core;
    this.#dataStream = null;
    if (streamId === 0) {
      core.fail(FAILURE.needsStream);
      return;
    }
    if (core.streams.isIdle(streamId)) {
      core.fail(FAILURE.idleStream);
      return;
    }
    if (!this.#receiveFlow.charge(length)) return;
    const stream = core.streams.open.get(streamId);
    if (stream === undefined) {
      if (core.streams.howEnded(streamId) !== ENDED_BY_US) core.refuse(streamId, FAILURE.streamEnded);
    } else if (stream.remoteEnded) core.streamFault(stream, FAILURE.streamEnded);
    else if (!stream.headReceived) core.streamFault(stream, FAILURE.dataBeforeHead);
    else if (length > stream.receiveWindow) core.streamFault(stream, FAILURE.windowExceeded);
    else {
      stream.receiveWindow -= length;
      stream.activeMs = core.nowMs;
      this.#dataStream = stream;
    }
  }

  dataStart(length: number): void {
    this.#dataBytes = length;
    const stream = this.#dataStream;
    if (stream === null || this.stopped) return;
    stream.received += length;
    if (!lengthAgrees(stream, (this.#flags & FLAG_END_STREAM) !== 0)) {
      this.#dataStream = null;
      this.#core.streamFault(stream, FAILURE.lengthMismatch);
    }
  }

  dataPiece(bytes: Buffer, start: number, end: number): void {
    const stream = this.#dataStream;
    if (stream !== null && stream.state !== S_CLOSED) stream.handler.data(stream, bytes, start, end);
  }

  dataEnd(): void {
    if (this.stopped) return;
    const core = this.#core;
    const ends = (this.#flags & FLAG_END_STREAM) !== 0;
    this.#receiveFlow.handedOver(this.#length);
    if (this.#dataBytes === 0 && !ends && !core.abuse.emptyData.take(core.nowMs)) {
      core.fail(FAILURE.emptyDataFlood);
      return;
    }
    const stream = this.#dataStream;
    this.#dataStream = null;
    if (stream === null || stream.state === S_CLOSED || this.stopped) return;
    if (ends) {
      core.endRemote(stream);
      stream.handler.end(stream, null);
    } else if (this.#length > this.#dataBytes) {
      // Nobody consumes padding.
      this.#receiveFlow.consume(stream, this.#length - this.#dataBytes);
    }
  }

  framePayload(bytes: Buffer, start: number, end: number): void {
    switch (this.#type) {
      case T_HEADERS:
        this.#heads.headersPayload(bytes, start, end);
        return;
      case T_CONTINUATION:
        this.#heads.continuationPayload(this.#flags, bytes, start, end);
        return;
      case T_WINDOW_UPDATE:
        this.#windowUpdate(bytes.readUInt32BE(start) & 0x7fff_ffff);
        return;
      case T_RST_STREAM: {
        const stream = this.#core.streams.open.get(this.#streamId);
        if (stream !== undefined) this.#core.peerReset(stream, bytes.readUInt32BE(start));
        return;
      }
      case T_SETTINGS:
        if ((this.#flags & FLAG_ACK) !== 0) this.#settingsAck();
        else this.#settings(bytes, start, end);
        return;
      case T_PING:
        this.#ping(bytes, start);
        return;
      default:
        this.#goaway(bytes, start, end);
    }
  }

  #windowUpdate(increment: number): void {
    const core = this.#core;
    const id = this.#streamId;
    if (id === 0) {
      if (increment === 0) core.fail(FAILURE.zeroIncrement);
      else this.#sendFlow.addConnectionCredit(increment);
      return;
    }
    const stream = core.streams.open.get(id);
    if (stream === undefined) {
      if (core.streams.isIdle(id)) core.fail(FAILURE.idleStream);
    } else if (increment === 0) core.streamFault(stream, FAILURE.zeroIncrement);
    else if (!stream.localEnded) this.#sendFlow.addStreamCredit(stream, increment);
  }

  #settings(bytes: Buffer, start: number, end: number): void {
    const core = this.#core;
    const { peer } = core;
    const first = !peer.seen;
    const windowBefore = peer.initialWindow;
    const refused = peer.apply(bytes, start, end, core.server ? SIDE_CLIENT : SIDE_SERVER);
    if (refused !== null) {
      core.fail(refused);
      return;
    }
    core.encoder.setLimit(peer.headerTableSize);
    core.acknowledgeSettings();
    if (peer.initialWindow !== windowBefore) this.#sendFlow.shiftAll(peer.initialWindow - windowBefore);
    if (!this.stopped) core.handler.settings(first);
  }

  #settingsAck(): void {
    const core = this.#core;
    if (core.settingsAcknowledged) {
      core.fail(FAILURE.strayAck);
      return;
    }
    core.settingsAcknowledged = true;
    this.#heads.decoder.setLimit(core.limits.headerTableSize);
  }

  #ping(bytes: Buffer, start: number): void {
    if ((this.#flags & FLAG_ACK) === 0) {
      this.#core.answerPing(bytes, start);
      return;
    }
    const answer = this.#liveness.pong(bytes, start);
    if (answer >= 0) this.#core.handler.pong(answer);
    else if (answer === PONG_GOODBYE) this.#goodbye.probed();
  }

  #goaway(bytes: Buffer, start: number, end: number): void {
    const core = this.#core;
    const goodbye = this.#goodbye;
    const lastId = bytes.readUInt32BE(start) & 0x7fff_ffff;
    if (goodbye.peerSaid && lastId > goodbye.peerLastId) {
      core.fail(FAILURE.goawayGrew);
      return;
    }
    goodbye.peerSaid = true;
    goodbye.peerLastId = lastId;
    const debug = bytes.toString("latin1", start + 8, Math.min(end, start + 8 + MAX_DEBUG_BYTES));
    core.handler.goaway(lastId, bytes.readUInt32BE(start + 4), debug);
    for (const stream of core.streams.open.values()) {
      if (stream.id > lastId && !core.streams.isPeers(stream.id) && stream.state !== S_CLOSED) core.unprocessed(stream);
    }
  }
}
