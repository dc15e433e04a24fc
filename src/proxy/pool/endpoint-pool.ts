import type { Clock } from "../../lib/clock.ts";
import type { Wheel } from "../../lib/wheel.ts";
import type { EndpointState } from "../../decide/contract.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import type { Dialer, Transport } from "../contract.ts";
import { ClientConnection, type ConnectionHome } from "../http1/client-connection.ts";
import type { HeadLimits } from "../http1/codec/head.ts";

/** Who waits for a connection. Called once, later, unless {@link EndpointPool.forget} came first. */
export interface Waiter {
  connected(connection: ClientConnection): void;
  connectFailed(reason: ReasonCode, message: string): void;
}

export interface PoolOptions {
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly wheel: Wheel;
  readonly limits: HeadLimits;
  /** Open and opening, to one endpoint. */
  readonly maxConnections: number;
  /** Requests waiting because of that limit. */
  readonly maxPending: number;
  /** How long a connection that said nothing about it stays idle: to an application, and between proxies. */
  readonly idleMs: number;
  readonly meshIdleMs: number;
}

/** What {@link EndpointPool.acquire} did when it gave no connection. */
export const WAITING = 0;
export const FULL = 1;

/** Connections to one endpoint. The one used last is used first, so that surplus ones grow old and go. */
export class EndpointPool implements ConnectionHome {
  readonly state: EndpointState;
  readonly #options: PoolOptions;
  readonly #emptied: (pool: EndpointPool) => void;
  readonly #idle: ClientConnection[] = [];
  readonly #pending: Waiter[] = [];
  readonly #dialing = new Set<Waiter>();
  readonly #open = new Set<ClientConnection>();
  #closed = false;

  constructor(state: EndpointState, options: PoolOptions, emptied: (pool: EndpointPool) => void) {
    this.state = state;
    this.#options = options;
    this.#emptied = emptied;
  }

  get openConnections(): number {
    return this.#open.size;
  }

  get idleConnections(): number {
    return this.#idle.length;
  }

  /** An idle connection that may carry a request now, or null. */
  takeIdle(): ClientConnection | null {
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
    if (this.#open.size + this.#dialing.size < this.#options.maxConnections) {
      this.#dial(waiter);
      return WAITING;
    }
    if (this.#pending.length >= this.#options.maxPending) return FULL;
    this.#pending.push(waiter);
    return WAITING;
  }

  /** `waiter` waits no longer. */
  forget(waiter: Waiter): void {
    this.#dialing.delete(waiter);
    const index = this.#pending.indexOf(waiter);
    if (index >= 0) this.#pending.splice(index, 1);
  }

  #dial(waiter: Waiter): void {
    this.#dialing.add(waiter);
    this.#options.dialer.dial(
      this.state,
      "http",
      (transport) => this.#up(waiter, transport),
      (reason, message) => {
        if (this.#dialing.delete(waiter)) waiter.connectFailed(reason, message);
        this.#next();
        this.#checkEmpty();
      },
    );
  }

  #up(waiter: Waiter, transport: Transport): void {
    const connection = new ClientConnection(transport, this.#options.limits, this);
    this.#open.add(connection);
    if (this.#dialing.delete(waiter)) waiter.connected(connection);
    else this.released(connection, this.#options.clock.monotonicMs());
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
    if (this.#pending.length === 0 || this.#open.size + this.#dialing.size >= this.#options.maxConnections) return;
    this.#dial(this.#pending.shift() as Waiter);
  }

  #checkEmpty(): void {
    if (this.#open.size === 0 && this.#dialing.size === 0 && this.#pending.length === 0) this.#emptied(this);
  }

  /** Idle connections end now, busy ones after their answer. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#idle.splice(0)) connection.wire.destroy();
    this.#checkEmpty();
  }
}
