import type { Socket } from "node:net";
import type { Clock } from "../../lib/clock.ts";
import type { OriginalDestinationOf } from "../../lib/original-destination.ts";
import type { CapturedTraffic, UpstreamListener } from "../../messages/bootstrap.ts";
import type { ConfigView, HttpServerSide, Limits, Transport } from "../contract.ts";
import type { OutboundHttp } from "../outbound/outbound-http.ts";
import type { Overload } from "../overload/overload.ts";
import { answerOverloaded } from "../overload/overloaded-reply.ts";
import type { OutboundTcp } from "../tcp/outbound.ts";
import { CapturedOutbound } from "./captured-outbound.ts";
import { type Listener, listen, LOOPBACKS } from "./listener.ts";
import { ProxyAcceptor } from "./proxy-acceptor.ts";
import { UpstreamAcceptor } from "./upstream-listener.ts";

export interface OutboundListenersOptions {
  readonly config: ConfigView;
  readonly http: OutboundHttp;
  readonly tcp: OutboundTcp;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Of {@link UpstreamAcceptor}. */
  silent(destination: string): void;
  readonly overload: Overload;
}

/** Only the application beside this proxy is served. */
const LOOPBACK = "127.0.0.1";
const MAX_TUNNEL_DESTINATIONS = 256;

/** The listeners the application comes to: one for each upstream, and the HTTP_PROXY one. */
export class OutboundListeners {
  readonly #options: OutboundListenersOptions;
  readonly #listeners: Listener[] = [];
  readonly #sides: HttpServerSide[] = [];
  /** HTTP inside CONNECT, or redirected, by destination. */
  readonly #tunnels = new Map<string, HttpServerSide>();

  constructor(options: OutboundListenersOptions) {
    this.#options = options;
  }

  /** Binds the upstreams in order and returns their ports. Rejects with a UserError for one that cannot be bound. */
  async openUpstreams(upstreams: readonly UpstreamListener[]): Promise<readonly number[]> {
    const ports: number[] = [];
    for (const { destination, listenPort } of upstreams) {
      const { config, http, tcp, clock, limits, silent } = this.#options;
      const side = this.#remember(http.upstream(destination));
      const acceptor = new UpstreamAcceptor({ destination, config, http: side, tcp, clock, limits, silent });
      ports.push(await this.#listen(listenPort, `upstream ${destination}`, acceptor));
    }
    return ports;
  }

  async openProxy(port: number): Promise<number> {
    const { config, tcp, clock, limits } = this.#options;
    const acceptor = new ProxyAcceptor({ config, http: this.#remember(this.#options.http.proxy()), tcp, clock, limits });
    return this.#listen(port, "outbound traffic", {
      accept: (socket) => acceptor.accept(socket),
      turnAway: (socket) => answerOverloaded(socket, this.#options.clock),
    });
  }

  /** Takes what the kernel redirects to this port, on loopback of both families. */
  async openCaptured({ outboundPort }: CapturedTraffic, originalDestination: OriginalDestinationOf): Promise<void> {
    const captured = new CapturedOutbound({
      config: this.#options.config,
      tcp: this.#options.tcp,
      originalDestination,
      open: (socket, destination) => this.#acceptorFor(destination).accept(socket),
    });
    const to = {
      accept: (socket: Socket) => captured.accept(socket),
      turnAway: (socket: Socket) => answerOverloaded(socket, this.#options.clock),
    };
    for (const host of LOOPBACKS) await this.#listen(outboundPort, "redirected outbound traffic", to, host);
    captured.ownPort = outboundPort;
  }

  /**
   * A CONNECT to `destination` was answered: spoken as the destination declares, so that its rules hold
   * inside the tunnel too.
   */
  tunnel(transport: Transport, destination: string): void {
    this.#acceptorFor(destination).accept(transport.socket);
  }

  #acceptorFor(destination: string): UpstreamAcceptor {
    const { config, tcp, clock, limits, silent } = this.#options;
    const http = { serve: (inner: Transport): void => this.#tunnelSide(destination).serve(inner) };
    return new UpstreamAcceptor({ destination, config, http, tcp, clock, limits, silent });
  }

  drain(done: () => void): void {
    const sides = [...this.#sides, ...this.#tunnels.values()];
    let left = sides.length + 1;
    const one = (): void => {
      left -= 1;
      if (left === 0) done();
    };
    for (const side of sides) side.drain(one);
    this.#options.tcp.connections.drain(one);
  }

  stop(): void {
    for (const listener of this.#listeners) listener.close();
  }

  get openConnections(): number {
    return [...this.#sides, ...this.#tunnels.values()].reduce(
      (sum, side) => sum + side.openConnections,
      this.#options.tcp.connections.size,
    );
  }

  async #listen(
    port: number,
    what: string,
    to: { accept(socket: Socket): void; turnAway(socket: Socket): void },
    host: string = LOOPBACK,
  ): Promise<number> {
    const { overload } = this.#options;
    const listener = await listen({
      host,
      port,
      what,
      gate: overload.gate,
      accept: (socket) => to.accept(socket),
      turnAway: (socket) => to.turnAway(socket),
      dropped: () => overload.refused(),
    });
    this.#listeners.push(listener);
    return listener.port;
  }

  #tunnelSide(destination: string): HttpServerSide {
    let side = this.#tunnels.get(destination);
    if (side !== undefined) return side;
    // Idle ones make room; a destination that is in use keeps its own.
    if (this.#tunnels.size >= MAX_TUNNEL_DESTINATIONS) {
      for (const [name, { openConnections }] of this.#tunnels) if (openConnections === 0) this.#tunnels.delete(name);
    }
    side = this.#options.http.upstream(destination);
    this.#tunnels.set(destination, side);
    return side;
  }

  #remember(side: HttpServerSide): HttpServerSide {
    this.#sides.push(side);
    return side;
  }
}
