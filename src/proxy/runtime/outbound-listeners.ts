import type { Clock } from "../../lib/clock.ts";
import type { UpstreamListener } from "../../messages/bootstrap.ts";
import type { ConfigView, HttpServerSide, Limits } from "../contract.ts";
import type { OutboundHttp } from "../outbound/outbound-http.ts";
import type { OutboundTcp } from "../tcp/outbound.ts";
import { PlainTransport } from "../tls/plain-transport.ts";
import { type Listener, listen } from "./listener.ts";
import { UpstreamAcceptor } from "./upstream-listener.ts";

export interface OutboundListenersOptions {
  readonly config: ConfigView;
  readonly http: OutboundHttp;
  readonly tcp: OutboundTcp;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** Only the application beside this proxy is served. */
const LOOPBACK = "127.0.0.1";

/** The listeners the application comes to: one for each upstream, and the HTTP_PROXY one. */
export class OutboundListeners {
  readonly #options: OutboundListenersOptions;
  readonly #listeners: Listener[] = [];
  readonly #sides: HttpServerSide[] = [];

  constructor(options: OutboundListenersOptions) {
    this.#options = options;
  }

  /** Binds the upstreams in order and returns their ports. Rejects with a UserError for one that cannot be bound. */
  async openUpstreams(upstreams: readonly UpstreamListener[]): Promise<readonly number[]> {
    const ports: number[] = [];
    for (const { destination, listenPort } of upstreams) {
      const { config, http, tcp, clock, limits } = this.#options;
      const side = this.#remember(http.upstream(destination));
      const acceptor = new UpstreamAcceptor({ destination, config, http: side, tcp, clock, limits });
      const listener = await listen(LOOPBACK, listenPort, `upstream ${destination}`, (socket) => acceptor.accept(socket));
      this.#listeners.push(listener);
      ports.push(listener.port);
    }
    return ports;
  }

  async openProxy(port: number): Promise<number> {
    const side = this.#remember(this.#options.http.proxy());
    const listener = await listen(LOOPBACK, port, "outbound traffic", (socket) => side.serve(new PlainTransport(socket)));
    this.#listeners.push(listener);
    return listener.port;
  }

  drain(done: () => void): void {
    let left = this.#sides.length + 1;
    const one = (): void => {
      left -= 1;
      if (left === 0) done();
    };
    for (const side of this.#sides) side.drain(one);
    this.#options.tcp.connections.drain(one);
  }

  stop(): void {
    for (const listener of this.#listeners) listener.close();
  }

  get openConnections(): number {
    return this.#sides.reduce((sum, side) => sum + side.openConnections, this.#options.tcp.connections.size);
  }

  #remember(side: HttpServerSide): HttpServerSide {
    this.#sides.push(side);
    return side;
  }
}
