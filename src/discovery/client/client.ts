import { ChannelCredentials, Client, type ClientDuplexStream } from "@grpc/grpc-js";
import type { Clock, Timer } from "../../lib/clock.ts";
import { Backoff } from "../../lib/backoff.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Random } from "../../lib/random.ts";
import { DeltaDiscoveryRequest, DeltaDiscoveryResponse, type Node } from "../../messages/gen/envoy/service/discovery/v3/ads.ts";
import { GRPC } from "../../messages/names.ts";
import { takeBytes } from "../bytes.ts";
import type { ConnectionState, DiscoveryClient, DiscoveryClientOptions, Rejection, ResourceUpdate, UpStream } from "./contract.ts";
import { ClientSubscriptions } from "./subscriptions.ts";

/** Reconnecting starts at once and never waits longer than this: resync stands within 3 s of the controller's return. */
const BACKOFF = { initialMs: 200, maxMs: 1_500 };
/** A stream is not trusted to be up before the server's first header; without it the attempt is given up. */
const CONNECT_TIMEOUT_MS = 5_000;

/** One connection with its discovery stream. */
interface Attempt {
  readonly client: Client;
  readonly call: ClientDuplexStream<Buffer, Buffer>;
  readonly deadline: Timer;
  /** The server has answered. */
  up: boolean;
  /** The node was sent. */
  introduced: boolean;
}

/**
 * Keeps one delta ADS stream to the controller: reconnects with back-off, says again what is
 * subscribed and held, applies responses in order and answers each.
 */
export function createDiscoveryClient(
  options: DiscoveryClientOptions & { readonly clock: Clock; readonly random: Random },
): DiscoveryClient {
  const { clock } = options;
  const subscriptions = new ClientSubscriptions();
  const backoff = new Backoff(BACKOFF, options.random);
  const node: Node = {
    id: options.node.id,
    cluster: options.node.cluster,
    userAgentName: options.node.part === undefined ? "meshctl-proxy" : `meshctl-proxy ${options.node.part}`,
    userAgentVersion: options.node.version,
    clientFeatures: [...options.node.features],
  };
  let state: ConnectionState = "disconnected";
  let current: Attempt | null = null;
  let retry: Timer | null = null;
  let flushing = false;

  function enter(next: ConnectionState, detail: string): void {
    if (state === next && detail === "") return;
    state = next;
    options.onState?.(next, detail);
  }

  function connect(): void {
    retry?.cancel();
    retry = null;
    if (state === "closed") return;
    const tls = options.tls();
    if (tls === null) {
      enter("waiting-for-identity", "");
      return;
    }
    enter("connecting", "");
    const client = new Client(
      options.address(),
      ChannelCredentials.createFromSecureContext(tls.secureContext, {
        checkServerIdentity: (_host, certificate) => tls.verifyServer(certificate),
      }),
      {
        "grpc.use_local_subchannel_pool": 1,
        // SNI never chooses trust; an IP address is not allowed there, so it is always this name.
        "grpc.ssl_target_name_override": "meshctl-controller.meshctl-system",
        "grpc.max_receive_message_length": 16 * 1024 * 1024,
        "grpc.keepalive_time_ms": 10_000,
        "grpc.keepalive_timeout_ms": 5_000,
        "grpc.keepalive_permit_without_calls": 0,
        "grpc.enable_channelz": 0,
        // The environment's HTTP proxy is for applications.
        "grpc.enable_http_proxy": 0,
      },
    );
    const call = client.makeBidiStreamRequest<Buffer, Buffer>(GRPC.DELTA_ADS, takeBytes, takeBytes);
    const attempt: Attempt = {
      client,
      call,
      up: false,
      introduced: false,
      deadline: clock.setTimer(() => call.cancel(), CONNECT_TIMEOUT_MS, { unref: true }),
    };
    current = attempt;
    subscriptions.begin();
    call.on("metadata", () => {
      if (attempt !== current) return;
      attempt.up = true;
      attempt.deadline.cancel();
      enter("connected", "");
    });
    call.on("data", (message: Buffer) => receive(attempt, message));
    call.on("status", (status) => lost(attempt, status.details || "the controller ended the stream"));
    // The status says it all; without a listener the event would be thrown.
    call.on("error", () => {});
    send(attempt);
  }

  function send(attempt: Attempt): void {
    for (const request of subscriptions.requests(attempt.introduced ? undefined : node)) {
      attempt.introduced = true;
      write(attempt, request);
    }
  }

  function write(attempt: Attempt, request: DeltaDiscoveryRequest): void {
    attempt.call.write(takeBytes(DeltaDiscoveryRequest.encode(request).finish()));
  }

  function receive(attempt: Attempt, message: Buffer): void {
    if (attempt !== current) return;
    let response: DeltaDiscoveryResponse;
    try {
      response = DeltaDiscoveryResponse.decode(message);
    } catch (error) {
      attempt.call.cancel();
      lost(attempt, `unreadable response: ${messageOf(error)}`);
      return;
    }
    backoff.reset();
    write(attempt, subscriptions.answer(response, apply(response)));
  }

  function apply(response: DeltaDiscoveryResponse): readonly Rejection[] {
    const update: ResourceUpdate = {
      typeUrl: response.typeUrl,
      resources: response.resources.map((resource) => ({
        name: resource.name,
        version: resource.version,
        aliases: resource.aliases,
        bytes: resource.resource?.value ?? Buffer.alloc(0),
      })),
      removed: response.removedResources,
    };
    try {
      return options.apply(update);
    } catch (error) {
      return update.resources.map((resource) => ({ name: resource.name, message: messageOf(error) }));
    }
  }

  function lost(attempt: Attempt, detail: string): void {
    dismantle(attempt);
    if (attempt !== current) return;
    current = null;
    if (state === "closed") return;
    enter("disconnected", detail);
    retry = clock.setTimer(connect, backoff.nextMs());
  }

  function dismantle(attempt: Attempt): void {
    attempt.deadline.cancel();
    attempt.client.close();
  }

  /** Wishes of one turn of the event loop leave in one request. */
  function flushSoon(): void {
    if (flushing) return;
    flushing = true;
    queueMicrotask(() => {
      flushing = false;
      if (current !== null) send(current);
    });
  }

  connect();

  return {
    get state() {
      return state;
    },
    subscribe(typeUrl, name, knownVersion) {
      subscriptions.subscribe(typeUrl, name, knownVersion);
      flushSoon();
    },
    unsubscribe(typeUrl, name) {
      subscriptions.unsubscribe(typeUrl, name);
      flushSoon();
    },
    resubscribe(typeUrl, names) {
      subscriptions.resubscribe(typeUrl, names);
      flushSoon();
    },
    appliedVersion: (typeUrl, name) => subscriptions.version(typeUrl, name),
    openUpStream: (path, onEnd) => (current?.up ? openUpStream(current.client, path, onEnd) : null),
    reconnect() {
      if (state === "closed") return;
      const old = current;
      current = null;
      backoff.reset();
      connect();
      if (old !== null) {
        old.call.cancel();
        dismantle(old);
      }
    },
    close() {
      if (state === "closed") return;
      retry?.cancel();
      const old = current;
      current = null;
      enter("closed", "");
      if (old === null) return;
      old.call.end();
      dismantle(old);
    },
  };
}

/** Frames a saturated connection may hold for one up-stream before `send` says no. */
const MAX_QUEUED = 16;

function openUpStream(client: Client, path: string, onEnd: (detail: string) => void): UpStream {
  let open = true;
  let queued = 0;
  const finish = (detail: string) => {
    if (!open) return;
    open = false;
    onEnd(detail);
  };
  const call = client.makeClientStreamRequest<Buffer, Buffer>(path, takeBytes, takeBytes, (error) => finish(error?.details ?? ""));
  call.on("error", (error: Error) => finish(messageOf(error)));
  return {
    send(message) {
      if (!open || queued >= MAX_QUEUED) return false;
      queued += 1;
      call.write(takeBytes(message), () => {
        queued -= 1;
      });
      return true;
    },
    end() {
      if (open) call.end();
    },
  };
}
