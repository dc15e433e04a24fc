import {
  Metadata,
  Server,
  ServerCredentials as GrpcCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  status,
} from "@grpc/grpc-js";
import type { TLSSocket } from "node:tls";
import type { Clock, Timer } from "../../lib/clock.ts";
import { GRPC } from "../../messages/names.ts";
import { takeBytes } from "../bytes.ts";
import {
  DEFAULT_STREAM_LIMITS,
  type Authorise,
  type DeliveryCounters,
  type DeliveryStatus,
  type Peer,
  type ResourceSource,
  type Subscriber,
} from "./contract.ts";
import { createMeshListener, type ServerCredentials } from "./listener.ts";
import { SubscriberIndex } from "./subscriber-index.ts";
import { DeltaStream, type StreamFault } from "./stream.ts";

/** Takes what one proxy streams up on one call. */
export interface UpStreamHandler {
  message(bytes: Buffer): void;
  end(): void;
}

export interface DiscoveryServerOptions {
  readonly source: ResourceSource;
  readonly authorise: Authorise;
  readonly credentials: ServerCredentials;
  /** See {@link createMeshListener}. */
  verifyPeer(socket: TLSSocket): Omit<Peer, "address">;
  readonly clock: Clock;
  /** Types in the order they should arrive in when several wait. */
  readonly order: readonly string[];
  /** How long changes gather before they are sent; default 50 ms. */
  readonly coalesceMs?: number;
  /** Client-streaming gRPC methods by path. The subscriber is the one whose discovery stream shares the connection. */
  readonly upStreams?: Readonly<Record<string, (subscriber: Subscriber) => UpStreamHandler>>;
  /** A stream came, went, or got an answer from its proxy. */
  onStreamsChanged?(subscriber: Subscriber, what: "connected" | "disconnected" | "answered"): void;
  onRefused?(address: string, reason: string): void;
}

/** One live stream, for status. */
export interface StreamInfo {
  readonly subscriber: Subscriber;
  readonly connectedAtMs: number;
  deliveries(): Iterable<DeliveryStatus>;
  /** Number of names by type URL. */
  subscriptions(): ReadonlyMap<string, number>;
}

export interface DiscoveryServer {
  listen(host: string, port: number): Promise<number>;
  /** These names (every alias counts) may have changed, appeared or gone; sent within the coalescing window to who subscribes. */
  changed(typeUrl: string, names: Iterable<string>): void;
  setCredentials(credentials: ServerCredentials): void;
  disconnect(predicate: (peer: Peer) => boolean): number;
  streams(): readonly StreamInfo[];
  readonly counters: Readonly<DeliveryCounters>;
  close(): Promise<void>;
}

interface LiveStream extends StreamInfo {
  readonly delta: DeltaStream;
  flush(): void;
  end(code: number, message: string): void;
}

/** Messages handed to the transport and not yet written: more wait as "changed" marks, which cost nothing. */
const MAX_UNWRITTEN = 4;
/** A reconnecting proxy, or part of one, may overlap with its old stream; more is a fault. */
const MAX_STREAMS_PER_PART = 3;
/** Over all parts: names for them are the proxy's own to choose. */
const MAX_STREAMS_PER_ID = 96;

/** Delta ADS over gRPC behind a {@link createMeshListener}. Never waits for a proxy: a slow one gets the latest state when it reads again. */
export function createDiscoveryServer(options: DiscoveryServerOptions): DiscoveryServer {
  const { clock } = options;
  const peers = new Map<string, Peer>();
  const live = new Set<LiveStream>();
  const index = new SubscriberIndex<LiveStream>();
  const dirty = new Map<string, Set<string>>();
  const counters: DeliveryCounters = { responses: 0, resources: 0, removals: 0, acks: 0, nacks: 0, refused: 0 };
  let timer: Timer | null = null;

  const grpc = new Server({
    "grpc.max_concurrent_streams": 8,
    "grpc.max_receive_message_length": 2 * 1024 * 1024,
    "grpc-node.max_session_memory": 32,
    "grpc.keepalive_time_ms": 20_000,
    "grpc.keepalive_timeout_ms": 10_000,
    "grpc.enable_channelz": 0,
  });
  const injector = grpc.createConnectionInjector(GrpcCredentials.createInsecure());
  const listener = createMeshListener({
    credentials: options.credentials,
    clock,
    verifyPeer: options.verifyPeer,
    onConnection(socket, peer) {
      peers.set(peer.address, peer);
      socket.once("close", () => peers.delete(peer.address));
      injector.injectConnection(socket);
    },
    onRefused(address, reason) {
      counters.refused += 1;
      options.onRefused?.(address, reason);
    },
  });

  grpc.register<Buffer, Buffer>(GRPC.DELTA_ADS, serveDelta, takeBytes, takeBytes, "bidi");
  for (const [path, open] of Object.entries(options.upStreams ?? {})) {
    grpc.register<Buffer, Buffer>(
      path,
      (call: ServerReadableStream<Buffer, Buffer>, respond: (error: { code: number; details: string } | null, value?: Buffer) => void) =>
        serveUpStream(call, respond, open),
      takeBytes,
      takeBytes,
      "clientStream",
    );
  }

  function serveDelta(call: ServerDuplexStream<Buffer, Buffer>): void {
    const peer = peers.get(call.getPeer());
    if (peer === undefined) {
      call.emit("error", { code: status.UNAUTHENTICATED, details: "no verified certificate on this connection" });
      return;
    }
    let unwritten = 0;
    let ended = false;
    const delta = new DeltaStream({
      peer,
      source: options.source,
      authorise: options.authorise,
      limits: DEFAULT_STREAM_LIMITS,
      order: options.order,
      counters,
      listener: {
        subscribed: (typeUrl, name) => index.add(typeUrl, name, stream),
        unsubscribed: (typeUrl, name) => index.remove(typeUrl, name, stream),
      },
    });
    const stream: LiveStream = {
      delta,
      connectedAtMs: clock.nowMs(),
      get subscriber() {
        return delta.subscriber as Subscriber;
      },
      deliveries: () => delta.status(),
      subscriptions: () => delta.subscriptions(),
      flush,
      end(code, message) {
        if (ended) return;
        leave();
        call.emit("error", { code, details: message });
      },
    };

    function flush(): void {
      while (!ended && unwritten < MAX_UNWRITTEN) {
        const response = delta.take(clock.nowMs());
        if (response === null) return;
        unwritten += 1;
        call.write(takeBytes(response), () => {
          unwritten -= 1;
          flush();
        });
      }
    }

    function leave(): void {
      if (ended) return;
      ended = true;
      const { subscriber } = delta;
      delta.close();
      live.delete(stream);
      if (subscriber !== null) options.onStreamsChanged?.(subscriber, "disconnected");
    }

    call.on("data", (message: Buffer) => {
      if (ended) return;
      const known = delta.subscriber !== null;
      const fault = delta.receive(message, clock.nowMs());
      if (fault !== null) {
        stream.end(codeOf(fault), fault.message);
        return;
      }
      if (!known) {
        join(stream);
        // By this the client knows that it is known here: what it opens beside this stream finds its owner.
        call.sendMetadata(new Metadata());
      } else options.onStreamsChanged?.(stream.subscriber, "answered");
      flush();
    });
    call.on("end", () => {
      leave();
      call.end();
    });
    call.on("cancelled", leave);
    call.on("close", leave);
    call.on("error", leave);
  }

  function join(stream: LiveStream): void {
    const { id, part } = stream.subscriber;
    const same = [...live].filter(({ subscriber }) => subscriber.id === id);
    const samePart = same.filter(({ subscriber }) => subscriber.part === part);
    const oldest = samePart.length >= MAX_STREAMS_PER_PART ? samePart[0] : same.length >= MAX_STREAMS_PER_ID ? same[0] : undefined;
    oldest?.end(status.ABORTED, "replaced by a newer stream of the same proxy");
    live.add(stream);
    options.onStreamsChanged?.(stream.subscriber, "connected");
  }

  function serveUpStream(
    call: ServerReadableStream<Buffer, Buffer>,
    respond: (error: { code: number; details: string } | null, value?: Buffer) => void,
    open: (subscriber: Subscriber) => UpStreamHandler,
  ): void {
    const address = call.getPeer();
    const owner = [...live].find((stream) => stream.subscriber.peer.address === address);
    if (owner === undefined) {
      respond({ code: status.FAILED_PRECONDITION, details: "open the discovery stream on this connection first" });
      return;
    }
    const handler = open(owner.subscriber);
    let over = false;
    const finish = () => {
      if (over) return;
      over = true;
      handler.end();
    };
    call.on("data", (message: Buffer) => handler.message(message));
    call.on("end", () => {
      finish();
      respond(null, Buffer.alloc(0));
    });
    call.on("cancelled", finish);
    call.on("error", finish);
    call.on("close", finish);
  }

  function flushDirty(): void {
    timer = null;
    const touched = new Set<LiveStream>();
    for (const [typeUrl, names] of dirty) {
      for (const name of names) {
        for (const stream of index.of(typeUrl, name)) {
          stream.delta.touch(typeUrl, name);
          touched.add(stream);
        }
      }
    }
    dirty.clear();
    for (const stream of touched) stream.flush();
  }

  return {
    listen: (host, port) => listener.listen(host, port),
    changed(typeUrl, names) {
      let gathered = dirty.get(typeUrl);
      for (const name of names) {
        if (!index.has(typeUrl, name)) continue;
        if (gathered === undefined) dirty.set(typeUrl, (gathered = new Set()));
        gathered.add(name);
      }
      if (dirty.size > 0) timer ??= clock.setTimer(flushDirty, options.coalesceMs ?? 50);
    },
    setCredentials: (credentials) => listener.setCredentials(credentials),
    disconnect: (predicate) => listener.disconnect(predicate),
    streams: () => [...live],
    counters,
    async close() {
      timer?.cancel();
      for (const stream of live) stream.end(status.UNAVAILABLE, "the controller is shutting down");
      await listener.close();
      grpc.forceShutdown();
    },
  };
}

function codeOf(fault: StreamFault): number {
  return status[fault.code];
}
