import type { Socket } from "node:net";
import type { Clock } from "../../lib/clock.ts";
import type { ConfigView, HttpServerSide, Limits } from "../contract.ts";
import type { OutboundTcp } from "../tcp/outbound.ts";
import { H2C } from "../http2/alpn.ts";
import { peek } from "../tls/peek.ts";
import { PlainTransport } from "../tls/plain-transport.ts";

export interface ProxyAcceptorOptions {
  readonly config: ConfigView;
  readonly http: Pick<HttpServerSide, "serve">;
  readonly tcp: OutboundTcp;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** A server name has no port beside it. */
const TLS_PORT = 443;

/**
 * What the application connects to for destinations that it names itself: by HTTP (an absolute target, CONNECT),
 * or by the server name of its own TLS, which then passes unopened inside ours.
 */
export class ProxyAcceptor {
  readonly #options: ProxyAcceptorOptions;

  constructor(options: ProxyAcceptorOptions) {
    this.#options = options;
  }

  accept(socket: Socket): void {
    const { http, clock, limits } = this.#options;
    // Whoever is slow, or has not begun, gets HTTP's own deadlines and answers.
    peek(socket, { clock, silenceMs: limits.headerDeadlineMs, deadlineMs: limits.headerDeadlineMs }, (first, beganMs) => {
      if (first.kind === "closed") return;
      const transport = new PlainTransport(socket, first.kind === "http2" ? H2C : "", beganMs);
      if (first.kind === "tls") this.#tls(transport, first.serverName);
      else http.serve(transport);
    });
  }

  #tls(transport: PlainTransport, serverName: string | null): void {
    const { config, tcp } = this.#options;
    if (serverName === null || serverName === "") {
      tcp.refuse(transport, "no-server-name", "");
      return;
    }
    const authority = `${serverName}:${TLS_PORT}`;
    const destination = config.destinationOf(authority);
    if (destination === null) tcp.refuse(transport, "unknown-destination", authority);
    else tcp.serve(transport, destination);
  }
}
