import type { Clock } from "../../lib/clock.ts";
import type { InboundListener } from "../../messages/bootstrap.ts";
import type { ConfigView, HttpServerSide, Limits, Observer } from "../contract.ts";
import type { InboundHttp } from "../inbound/inbound-http.ts";
import type { Overload } from "../overload/overload.ts";
import type { InboundTcp } from "../tcp/inbound.ts";
import { InboundAcceptor, type RefusedConnection } from "../tls/acceptor.ts";
import type { CredentialSource } from "../tls/credentials.ts";
import type { MeshConnections } from "../tls/mesh-connections.ts";
import type { PeerCheck } from "../tls/peer.ts";
import { type Listener, listen } from "./listener.ts";
import { refusalRecord } from "./refusal-record.ts";

export interface InboundListenersOptions {
  readonly config: ConfigView;
  readonly source: CredentialSource;
  readonly check: PeerCheck;
  readonly connections: MeshConnections;
  readonly http: InboundHttp;
  readonly tcp: InboundTcp;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly overload: Overload;
  refused(refusal: RefusedConnection): void;
}

/** The listeners peers of the mesh come to: one for each served port of the application. */
export class InboundListeners {
  readonly #options: InboundListenersOptions;
  readonly #listeners: Listener[] = [];
  readonly #acceptors: InboundAcceptor[] = [];
  readonly #sides: HttpServerSide[] = [];

  constructor(options: InboundListenersOptions) {
    this.#options = options;
  }

  /** Binds them in order and returns their ports. Rejects with a UserError for one that cannot be bound. */
  async open(listeners: readonly InboundListener[]): Promise<readonly number[]> {
    for (const { appPort, address, listenPort } of listeners) {
      const acceptor = this.#acceptor(appPort);
      this.#acceptors.push(acceptor);
      const what = `inbound traffic to port ${appPort}`;
      const { overload, refused } = this.#options;
      const listener = await listen({
        host: address,
        port: listenPort,
        what,
        gate: overload.gate,
        accept: (socket) => acceptor.accept(socket),
        dropped: () => {
          overload.refused();
          refused({ reason: "overloaded", message: "no connection more is wanted", from: "" });
        },
      });
      this.#listeners.push(listener);
    }
    return this.#listeners.map((listener) => listener.port);
  }

  /** Says goodbye on every connection, still accepts; calls back when none is left. */
  drain(done: () => void): void {
    let left = this.#sides.length + 1;
    const one = (): void => {
      left -= 1;
      if (left === 0) done();
    };
    for (const side of this.#sides) side.drain(one);
    this.#options.tcp.connections.drain(one);
  }

  /** Accepts nothing any more. */
  stop(): void {
    for (const listener of this.#listeners) listener.close();
  }

  close(): void {
    this.stop();
    for (const acceptor of this.#acceptors) acceptor.close();
  }

  /** Requests under way; an opaque connection may live on for hours and does not count. */
  get activeCalls(): number {
    return this.#sides.reduce((sum, side) => sum + side.activeRequests, 0);
  }

  get openConnections(): number {
    return this.#sides.reduce((sum, side) => sum + side.openConnections, this.#options.tcp.connections.size);
  }

  #acceptor(appPort: number): InboundAcceptor {
    const { config, source, check, connections, http, tcp, observer, clock, limits, refused } = this.#options;
    const side = http.port(appPort);
    this.#sides.push(side);
    return new InboundAcceptor({
      port: () => config.inbound(appPort) ?? null,
      source,
      check,
      connections,
      clock,
      deadlineMs: limits.headerDeadlineMs,
      http: (transport) => side.serve(transport),
      tcp: (transport) => tcp.serve(transport, appPort),
      refused: (refusal) => {
        refused(refusal);
        observer.ended(refusalRecord(refusal, config, appPort, clock));
      },
    });
  }
}
