import type { EndpointState } from "../../decide/contract.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Wheel } from "../../lib/wheel.ts";
import { ALPN } from "../../messages/names.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import type { Dialer, Transport } from "../contract.ts";
import type { Upstream } from "../http/upstream.ts";
import { ClientConnection, type ConnectionHome } from "../http1/client-connection.ts";
import type { HeadLimits } from "../http1/codec/head.ts";
import type { Outbox } from "../http1/outbox.ts";
import type { ChannelHome } from "../http2/client-connection.ts";
import { Http2ClientConnection } from "../http2/client-connection.ts";

/** Who waits for a connection. Called once, later, unless {@link EndpointPool.forget} came first. */
export interface Waiter {
  connected(upstream: Upstream): void;
  connectFailed(reason: ReasonCode, message: string): void;
}

export interface PoolOptions {
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly wheel: Wheel;
  readonly outbox: Outbox;
  readonly limits: HeadLimits;
  /** Open and opening, to one endpoint. */
  readonly maxConnections: number;
  /** HTTP/2 connections among them: a second one only when the first is full or behind. */
  readonly maxChannels: number;
  /** Requests waiting because of these limits. */
  readonly maxPending: number;
  /** How long a connection that said nothing about it stays idle: to an application, and between proxies. */
  readonly idleMs: number;
  readonly meshIdleMs: number;
  /** Until the rest of what a tunnel had to say is taken. */
  readonly leaveMs: number;
}

/** What {@link EndpointPool.open} did. */
export const WAITING = 0;
export const FULL = 1;

/**
 * Connections to one endpoint: HTTP/2 ones that many requests share, and HTTP/1.1 ones for a request at a time, of
 * which the one used last is used first, so that surplus ones grow old and go.
 */
export class EndpointPool implements ConnectionHome, ChannelHome {
  readonly state: EndpointState;
  readonly #options: PoolOptions;
  readonly #emptied: (pool: EndpointPool) => void;
  readonly #idle: ClientConnection[] = [];
  readonly #pending: Waiter[] = [];
  /** Those for whom an HTTP/1.1 connection is being made. */
  readonly #dialing = new Set<Waiter>();
  /** HTTP/1.1 connections being made, also those whose waiter has left: the next one gets them. */
  #dials = 0;
  readonly #open = new Set<ClientConnection>();
  readonly #channels: Http2ClientConnection[] = [];
  /** Connections that many requests will share are expected, and so many are being made. */
  #shares: boolean;
  #sharedDials = 0;
  #closed = false;

  /** `http2`: a plaintext endpoint speaks HTTP/2 by prior knowledge; a mesh endpoint says itself what it speaks. */
  constructor(state: EndpointState, http2: boolean, options: PoolOptions, emptied: (pool: EndpointPool) => void) {
    this.state = state;
    this.#options = options;
    this.#emptied = emptied;
    const { identity, capabilities } = state.endpoint;
    this.#shares = identity === "" ? http2 : capabilities.includes(ALPN.H2);
  }

  get openConnections(): number {
    return this.#open.size + this.#channels.length;
  }

  get idleConnections(): number {
    return this.#idle.length;
  }

  /** What may carry a request now, or null. `fresh`: nothing that has carried one alone before. */
  take(fresh: boolean): Upstream | null {
    const channel = this.#channelWithRoom();
    if (channel !== null) return channel.stream();
    return fresh ? null : this.#takeIdle();
  }

  #channelWithRoom(): Http2ClientConnection | null {
    const channels = this.#channels;
    for (let index = 0; index < channels.length; index += 1) {
      const channel = channels[index] as Http2ClientConnection;
      if (channel.room) return channel;
    }
    return null;
  }

  #takeIdle(): ClientConnection | null {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return null;
      // Its deadline stays where it is: on a busy connection it does nothing, and the next release moves it.
      if (connection.reusable && connection.transport.retired !== true) return connection;
      connection.reusable = false;
      connection.wire.destroy();
    }
  }

  /** Opens a connection for `waiter`, or queues it. */
  open(waiter: Waiter): typeof WAITING | typeof FULL {
    if (!this.#shares) {
      // Clients that leave at once, however many, cost the endpoint no connection each.
      if (this.#dials - this.#dialing.size > this.#pending.length) {
        this.#pending.push(waiter);
        return WAITING;
      }
      if (this.#mayDial) {
        this.#dial(waiter);
        return WAITING;
      }
    }
    if (this.#pending.length >= this.#options.maxPending) return FULL;
    this.#pending.push(waiter);
    if (this.#shares) this.#dialShared();
    return WAITING;
  }

  get #mayDial(): boolean {
    return this.#open.size + this.#dials < this.#options.maxConnections;
  }

  /** `waiter` waits no longer. */
  forget(waiter: Waiter): void {
    this.#dialing.delete(waiter);
    const index = this.#pending.indexOf(waiter);
    if (index >= 0) this.#pending.splice(index, 1);
  }

  // --- HTTP/1.1 -----------------------------------------------------------------------------------

  #dial(waiter: Waiter): void {
    this.#dialing.add(waiter);
    this.#dials += 1;
    this.#options.dialer.dial(
      this.state,
      "http",
      (transport) => {
        this.#dials -= 1;
        this.#up(waiter, transport);
      },
      (reason, message) => {
        this.#dials -= 1;
        if (this.#dialing.delete(waiter)) waiter.connectFailed(reason, message);
        this.#next();
        this.#checkEmpty();
      },
    );
  }

  #up(waiter: Waiter, transport: Transport): void {
    if (transport.alpn === ALPN.H2) {
      // The endpoint has learned it since it was described to us.
      this.#shares = true;
      this.#addChannel(transport);
      if (this.#dialing.delete(waiter)) this.#pending.unshift(waiter);
      this.#serve();
      return;
    }
    const connection = this.#add(transport);
    if (this.#dialing.delete(waiter)) waiter.connected(connection);
    else this.released(connection, this.#options.clock.monotonicMs());
  }

  #add(transport: Transport): ClientConnection {
    const connection = new ClientConnection(transport, this.#options.limits, this, this.#options.outbox);
    this.#open.add(connection);
    return connection;
  }

  released(connection: ClientConnection, nowMs: number): void {
    if (connection.wire.closed) return;
    if (!connection.reusable || this.#closed || connection.transport.retired === true) {
      connection.reusable = false;
      // Its answer is complete: whatever else the other side has to say is not waited for.
      connection.wire.destroy();
      return;
    }
    const waiter = this.#pending.shift();
    if (waiter !== undefined) {
      waiter.connected(connection);
      return;
    }
    const idleMs = this.#idleMs(connection);
    if (idleMs <= 0) {
      connection.reusable = false;
      connection.wire.destroy();
      return;
    }
    this.#idle.push(connection);
    this.#options.wheel.set(connection.deadline, nowMs, idleMs);
  }

  /** One second less than the upstream keeps it, so that both do not decide at the same moment. */
  #idleMs(connection: ClientConnection): number {
    if (connection.keepAliveSeconds >= 0) return Math.min(connection.keepAliveSeconds * 1_000 - 1_000, this.#options.meshIdleMs);
    return connection.transport.mtls ? this.#options.meshIdleMs : this.#options.idleMs;
  }

  leaving(connection: ClientConnection): void {
    const { wheel, clock } = this.#options;
    if (!connection.wire.closed) wheel.set(connection.deadline, clock.monotonicMs(), this.#options.leaveMs);
  }

  closed(connection: ClientConnection): void {
    if (!this.#open.delete(connection)) return;
    this.#options.wheel.clear(connection.deadline);
    const index = this.#idle.lastIndexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
    this.#next();
    this.#checkEmpty();
  }

  /** A place became free. */
  #next(): void {
    if (this.#shares) this.#dialShared();
    else if (this.#pending.length > 0 && this.#mayDial) this.#dial(this.#pending.shift() as Waiter);
  }

  // --- HTTP/2 -------------------------------------------------------------------------------------

  /** One connection is made at a time, whoever waits. */
  #dialShared(): void {
    if (this.#pending.length === 0 || this.#sharedDials > 0 || this.#usableChannels >= this.#options.maxChannels) return;
    this.#sharedDials += 1;
    this.#options.dialer.dial(
      this.state,
      "http",
      (transport) => {
        this.#sharedDials -= 1;
        this.#sharedUp(transport);
      },
      (reason, message) => {
        this.#sharedDials -= 1;
        // Another connection will have room again; whoever comes from here on has a try of their own.
        if (this.#usableChannels > 0) return;
        for (const waiter of this.#pending.splice(0)) waiter.connectFailed(reason, message);
        this.#checkEmpty();
      },
    );
  }

  #sharedUp(transport: Transport): void {
    if (transport.mtls && transport.alpn !== ALPN.H2) {
      // An older proxy than was announced: a connection for each request.
      this.#shares = false;
      this.released(this.#add(transport), this.#options.clock.monotonicMs());
      while (this.#pending.length > 0 && this.#mayDial) this.#dial(this.#pending.shift() as Waiter);
      return;
    }
    this.#addChannel(transport);
    this.#serve();
  }

  #addChannel(transport: Transport): void {
    const { meshIdleMs } = this.#options;
    const channel = new Http2ClientConnection(transport, this.#options, this, meshIdleMs);
    this.#channels.push(channel);
  }

  /** Those that are not ending: what still runs on a connection that takes nothing new keeps no other from being made. */
  get #usableChannels(): number {
    let count = 0;
    for (const channel of this.#channels) if (!channel.ending) count += 1;
    return count;
  }

  /** Those that wait, as far as there is room: of a pool that is closed too, for they were promised a connection. */
  #serve(): void {
    this.#serveWaiting();
    if (this.#closed) for (const channel of this.#channels) channel.retire();
  }

  #serveWaiting(): void {
    while (this.#pending.length > 0) {
      const channel = this.#channelWithRoom();
      if (channel === null) {
        this.#dialShared();
        return;
      }
      (this.#pending.shift() as Waiter).connected(channel.stream());
    }
  }

  channelReady(): void {
    if (this.#pending.length > 0) this.#serve();
  }

  channelClosed(channel: Http2ClientConnection): void {
    const index = this.#channels.indexOf(channel);
    if (index >= 0) this.#channels.splice(index, 1);
    this.#next();
    this.#checkEmpty();
  }

  // --- the end ------------------------------------------------------------------------------------

  #checkEmpty(): void {
    if (this.openConnections + this.#dials + this.#sharedDials + this.#pending.length === 0) this.#emptied(this);
  }

  /** Idle connections end now, busy ones after their answer. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#idle.splice(0)) connection.wire.destroy();
    for (const channel of this.#channels) channel.retire();
    this.#checkEmpty();
  }
}
