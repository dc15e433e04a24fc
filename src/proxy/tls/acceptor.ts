import { constants } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from "node:tls";
import { presentedChain } from "../../identity/presented-chain.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { ALPN } from "../../messages/names.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import type { Transport } from "../contract.ts";
import { chooseAlpn } from "./alpn.ts";
import type { CredentialSource, Credentials } from "./credentials.ts";
import { decideInbound, type InboundPortMode, mayServerSpeakFirst } from "./inbound-decision.ts";
import type { MeshConnections } from "./mesh-connections.ts";
import { MeshTransport } from "./mesh-transport.ts";
import { type PeekResult, peek } from "./peek.ts";
import type { PeerCheck } from "./peer.ts";
import { H2C } from "../http2/alpn.ts";
import { PlainTransport } from "./plain-transport.ts";
import { ACCEPTOR_MARGIN, retireAtMs } from "./retirement.ts";

/** A connection that was closed instead of served. */
export interface RefusedConnection {
  readonly reason: ReasonCode;
  readonly message: string;
  /** Address of the other side, empty when it is gone already. */
  readonly from: string;
}

export interface AcceptorOptions {
  /** What this listener's port serves now; null: no configuration yet, nothing is. */
  port(): InboundPortMode | null;
  readonly source: CredentialSource;
  readonly check: PeerCheck;
  readonly connections: MeshConnections;
  readonly clock: Clock;
  /** For the first bytes and for the handshake, each. */
  readonly deadlineMs: number;
  http(transport: Transport): void;
  tcp(transport: Transport): void;
  refused(refusal: RefusedConnection): void;
}

/** After this much silence the server side may be the one to speak first (permissive TCP only). */
export const SERVER_FIRST_MS = 500;

/**
 * Turns accepted sockets of one inbound listener into transports: looks at the first bytes, terminates
 * mutual TLS or refuses or passes on (ADR 1), and checks who the peer is. One `tls.Server` of its own:
 * only that enforces `rejectUnauthorized`, and its trust depends on nothing the client says.
 */
export class InboundAcceptor {
  readonly #options: AcceptorOptions;
  readonly #stopListening: () => void;
  /** Sockets given to the TLS server that are not yet judged. */
  readonly #handshakes = new Map<string, Socket>();
  #server: Server | null = null;
  #own: Credentials | null = null;

  constructor(options: AcceptorOptions) {
    this.#options = options;
    this.#load();
    this.#stopListening = options.source.onChange(() => this.#load());
  }

  /** Takes over a socket of a listener with `allowHalfOpen`; it is served, refused or destroyed. */
  accept(socket: Socket): void {
    const port = this.#options.port();
    if (port === null) {
      this.#refuse(socket, "no-config", "no configuration for this port yet");
      return;
    }
    const { clock, deadlineMs } = this.#options;
    const silenceMs = mayServerSpeakFirst(port) ? SERVER_FIRST_MS : deadlineMs;
    peek(socket, { clock, silenceMs, deadlineMs }, (first, beganMs) => this.#peeked(socket, port, first, beganMs));
  }

  close(): void {
    this.#stopListening();
    this.#server?.close();
  }

  #peeked(socket: Socket, port: InboundPortMode, first: PeekResult, beganMs: number): void {
    if (first.kind === "closed") return;
    if (this.#own === null) {
      this.#refuse(socket, "no-identity", "this proxy has no certificate that is valid now");
    } else if (first.kind === "slow" || (first.kind === "silent" && !mayServerSpeakFirst(port))) {
      this.#refuse(socket, "header-timeout", "the beginning of the connection did not come in time");
    } else if (first.kind === "silent") {
      this.#options.tcp(new PlainTransport(socket));
    } else {
      this.#act(socket, decideInbound(first, port), beganMs);
    }
  }

  #act(socket: Socket, decision: ReturnType<typeof decideInbound>, beganMs: number): void {
    if (decision === "plain-http") this.#options.http(new PlainTransport(socket, "", beganMs));
    else if (decision === "plain-http2") this.#options.http(new PlainTransport(socket, H2C, beganMs));
    else if (decision === "plain-tcp") this.#options.tcp(new PlainTransport(socket));
    else if (decision === "refuse") this.#refuse(socket, "mtls-required", "plaintext, or TLS of the application's own");
    else this.#terminate(socket);
  }

  #terminate(socket: Socket): void {
    const key = keyOf(socket);
    this.#handshakes.set(key, socket);
    socket.once("close", () => {
      if (this.#handshakes.get(key) === socket) this.#handshakes.delete(key);
    });
    socket.on("error", () => socket.destroy());
    this.#server?.emit("connection", socket);
  }

  /** Takes the present leaf and roots; connections that stand keep theirs. */
  #load(): void {
    const { source } = this.#options;
    const own = source.credentials();
    this.#own = own;
    if (own === null) return;
    const material: SecureContextOptions = {
      key: own.keyPem,
      cert: own.chainPem,
      ca: [...source.trust().rootsPem],
      minVersion: "TLSv1.2",
      // No tickets: each connection shows its certificates afresh.
      secureOptions: constants.SSL_OP_NO_TICKET,
    };
    if (this.#server === null) this.#server = this.#createServer(material);
    else this.#server.setSecureContext(material);
  }

  #createServer(material: SecureContextOptions): Server {
    const server = createServer({
      ...material,
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: this.#options.deadlineMs,
      ALPNCallback: ({ protocols }) => {
        const port = this.#options.port();
        return port === null ? undefined : chooseAlpn(port.protocol, protocols);
      },
    });
    server.on("secureConnection", (socket) => this.#secured(socket));
    server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
      this.#refuse(socket, handshakeReason(error, socket), messageOf(error));
    });
    return server;
  }

  #secured(socket: TLSSocket): void {
    const key = keyOf(socket);
    const raw = this.#handshakes.get(key);
    this.#handshakes.delete(key);
    const peer = this.#options.check(presentedChain(socket.getPeerX509Certificate()), this.#options.clock.nowMs());
    if (!peer.ok) {
      this.#refuse(socket, "peer-untrusted", peer.message);
      return;
    }
    if (raw === undefined || this.#own === null) {
      this.#refuse(socket, "downstream-reset", "gone before the handshake was over");
      return;
    }
    const transport = new MeshTransport(socket, raw, peer, retireAtMs(this.#own, peer, ACCEPTOR_MARGIN));
    this.#options.connections.add(transport);
    if (transport.alpn === ALPN.TCP) this.#options.tcp(transport);
    else this.#options.http(transport);
  }

  #refuse(socket: Socket, reason: ReasonCode, message: string): void {
    const from = socket.remoteAddress === undefined ? "" : `${socket.remoteAddress}:${socket.remotePort}`;
    socket.on("error", () => {});
    socket.destroy();
    this.#options.refused({ reason, message, from });
  }
}

/** A connection's own key while it stands; a TLSSocket answers for the socket inside it. */
function keyOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`;
}

function handshakeReason(error: NodeJS.ErrnoException, socket: TLSSocket): ReasonCode {
  if (error.code === "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE") return "mtls-required";
  if (error.code === "ERR_SSL_NO_APPLICATION_PROTOCOL") return "protocol-mismatch";
  if (socket.authorizationError) return "peer-untrusted";
  return error.code === "ERR_TLS_HANDSHAKE_TIMEOUT" ? "header-timeout" : "downstream-reset";
}
