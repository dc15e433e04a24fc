import type { Socket } from "node:net";
import type { OutboundStack } from "../../decide/contract.ts";
import type { Clock } from "../../lib/clock.ts";
import { Protocol } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { ConfigView, HttpServerSide, Limits } from "../contract.ts";
import { answerOverloaded } from "../overload/overloaded-reply.ts";
import type { OutboundTcp } from "../tcp/outbound.ts";
import { H2C } from "../http2/alpn.ts";
import { readsRequests } from "../tls/inbound-decision.ts";
import { classifyHttpVersion } from "../tls/first-bytes.ts";
import { peek } from "../tls/peek.ts";
import { PlainTransport } from "../tls/plain-transport.ts";

export interface UpstreamOptions {
  readonly destination: string;
  readonly config: ConfigView;
  readonly http: Pick<HttpServerSide, "serve">;
  readonly tcp: OutboundTcp;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Neither side spoke while we waited to see what the connection is: it is taken for opaque TCP. */
  silent(destination: string): void;
}

/** Nothing from the application for this long: the service speaks first (design section 8, detection). */
const DETECT_MS = 200;

/** What the application connects to for one destination: spoken as the destination declares, else as the first bytes say. */
export class UpstreamAcceptor {
  readonly #options: UpstreamOptions;

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }

  accept(socket: Socket): void {
    const { config, destination } = this.#options;
    const stack = config.outbound(destination);
    if (stack !== undefined) {
      this.#serve(socket, stack);
      return;
    }
    socket.on("error", () => socket.destroy());
    config.resolveOutbound(destination, (resolved) => this.#serve(socket, resolved));
  }

  /** While the proxy takes no connection more: in words where the destination speaks HTTP. */
  turnAway(socket: Socket): void {
    const { config, destination, clock } = this.#options;
    if (config.outbound(destination)?.protocol === Protocol.HTTP) answerOverloaded(socket, clock);
    else socket.on("error", () => {}).destroy();
  }

  #serve(socket: Socket, stack: OutboundStack | null): void {
    if (socket.destroyed) return;
    const protocol = stack?.protocol ?? Protocol.DETECT;
    if (readsRequests(protocol)) this.#sortHttp(socket);
    else if (protocol === Protocol.DETECT) this.#detect(socket);
    else this.#tcp(socket);
  }

  /** HTTP of either version. */
  #sortHttp(socket: Socket): void {
    const { clock, limits } = this.#options;
    const { headerDeadlineMs, idleConnectionMs } = limits;
    const patience = { clock, silenceMs: idleConnectionMs, deadlineMs: headerDeadlineMs, classify: classifyHttpVersion };
    peek(socket, patience, (first, beganMs) => {
      if (first.kind === "http2") this.#http(socket, beganMs, H2C);
      else if (first.kind === "silent") socket.destroy();
      else if (first.kind !== "closed") this.#http(socket, beganMs);
    });
  }

  /** Also without configuration: an HTTP client then gets an answer that says so. */
  #detect(socket: Socket): void {
    const { clock, config, destination, limits } = this.#options;
    peek(socket, { clock, silenceMs: DETECT_MS, deadlineMs: limits.headerDeadlineMs }, (first, beganMs) => {
      if (first.kind === "silent" && config.outbound(destination) !== undefined) this.#options.silent(destination);
      if (first.kind === "http1") this.#http(socket, beganMs);
      else if (first.kind === "http2") this.#http(socket, beganMs, H2C);
      else if (first.kind !== "closed") this.#tcp(socket);
    });
  }

  #http(socket: Socket, beganMs: number, alpn = ""): void {
    this.#options.http.serve(new PlainTransport(socket, alpn, beganMs));
  }

  #tcp(socket: Socket): void {
    this.#options.tcp.serve(new PlainTransport(socket), this.#options.destination);
  }
}
