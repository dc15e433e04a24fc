import type { Socket } from "node:net";
import type { Clock } from "../../lib/clock.ts";
import type { OriginalDestinationOf } from "../../lib/original-destination.ts";
import type { InboundListener } from "../../messages/bootstrap.ts";
import type { ConfigView, HttpServerSide, Limits, Observer } from "../contract.ts";
import type { InboundHttp } from "../inbound/inbound-http.ts";
import type { Overload } from "../overload/overload.ts";
import { addressOf } from "../tcp/accepted.ts";
import type { InboundTcp } from "../tcp/inbound.ts";
import { InboundAcceptor, type RefusedConnection } from "../tls/acceptor.ts";
import type { CredentialSource } from "../tls/credentials.ts";
import type { MeshConnections } from "../tls/mesh-connections.ts";
import type { PeerCheck } from "../tls/peer.ts";
import { CapturedInbound } from "./captured-inbound.ts";
import { ANY_ADDRESS, type Listener, listen } from "./listener.ts";
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

/** Each port has a TLS server of its own: whoever knocks at every port of a pod gets no more than these. */
const MAX_CAPTURED_PORTS = 128;

/** The listeners peers of the mesh come to: one for each served port of the application, or one for all that is redirected. */
export class InboundListeners {
  readonly #options: InboundListenersOptions;
  readonly #listeners: Listener[] = [];
  readonly #acceptors: InboundAcceptor[] = [];
  readonly #sides: HttpServerSide[] = [];
  /** By the application's port. */
  readonly #captured = new Map<number, InboundAcceptor>();
  readonly #forSelf = new Map<number, Promise<number>>();

  constructor(options: InboundListenersOptions) {
    this.#options = options;
  }

  /** Binds them in order and returns their ports. Rejects with a UserError for one that cannot be bound. */
  async open(listeners: readonly InboundListener[]): Promise<readonly number[]> {
    for (const { appPort, address, listenPort } of listeners) {
      const acceptor = this.#acceptor(appPort);
      await this.#listen(address, listenPort, `inbound traffic to port ${appPort}`, (socket) => acceptor.accept(socket));
    }
    return this.#listeners.map((listener) => listener.port);
  }

  /** Takes what the kernel redirects to `port`, for whatever port of the application it was. */
  async openCaptured(port: number, originalDestination: OriginalDestinationOf): Promise<void> {
    const captured = new CapturedInbound({
      originalDestination,
      serve: (socket, appPort) => this.#serveCaptured(socket, appPort),
      refused: (reason, message, socket) =>
        this.#options.refused({ reason, message, from: addressOf(socket.remoteAddress, socket.remotePort) }),
    });
    for (const host of ANY_ADDRESS) {
      await this.#listen(host, port, "redirected inbound traffic", (socket) => captured.accept(socket));
    }
    captured.ownPort = port;
  }

  /** For {@link SelfDialing}: opened at the first such call, and kept. */
  portForSelf(appPort: number): Promise<number> {
    const known = this.#forSelf.get(appPort);
    if (known !== undefined) return known;
    const accept = (socket: Socket): void => {
      if (!this.#serveCaptured(socket, appPort)) socket.destroy();
    };
    const listening = this.#listen("127.0.0.1", 0, `calls of this instance to its own port ${appPort}`, accept);
    this.#forSelf.set(appPort, listening);
    listening.catch(() => this.#forSelf.delete(appPort));
    return listening;
  }

  #serveCaptured(socket: Socket, appPort: number): boolean {
    let acceptor = this.#captured.get(appPort);
    if (acceptor === undefined) {
      if (this.#captured.size >= MAX_CAPTURED_PORTS) return false;
      acceptor = this.#acceptor(appPort);
      this.#captured.set(appPort, acceptor);
    }
    acceptor.accept(socket);
    return true;
  }

  async #listen(host: string, port: number, what: string, accept: (socket: Socket) => void): Promise<number> {
    const { overload, refused } = this.#options;
    const dropped = (): void => {
      overload.refused();
      refused({ reason: "overloaded", message: "no connection more is wanted", from: "" });
    };
    const listener = await listen({ host, port, what, gate: overload.gate, accept, dropped });
    this.#listeners.push(listener);
    return listener.port;
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
    const acceptor = new InboundAcceptor({
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
    this.#acceptors.push(acceptor);
    return acceptor;
  }
}
