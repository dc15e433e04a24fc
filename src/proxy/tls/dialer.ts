import { connect, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import type { EndpointState } from "../../decide/contract.ts";
import { presentedChain } from "../../identity/presented-chain.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Endpoint } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import { ALPN } from "../../messages/names.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import type { Dialer, Transport } from "../contract.ts";
import type { CredentialSource, Credentials } from "./credentials.ts";
import { dialFailure } from "./dial-failure.ts";
import type { MeshConnections } from "./mesh-connections.ts";
import { MeshTransport } from "./mesh-transport.ts";
import type { PeerCheck } from "./peer.ts";
import { PlainTransport } from "./plain-transport.ts";
import { DIALLER_MARGIN, retireAtMs } from "./retirement.ts";

export interface DialerOptions {
  readonly source: CredentialSource;
  readonly check: PeerCheck;
  readonly connections: MeshConnections;
  readonly clock: Clock;
  /** For TCP and TLS together. */
  readonly connectTimeoutMs: number;
  /** Where connections are redirected: this instance itself, which cannot be reached by its own address. */
  readonly self?: SelfDialing;
}

/** A call to the very instance that makes it: it comes in like any other, on a listener that only this process knows. */
export interface SelfDialing {
  /** `namespace/instance`. */
  readonly instance: string;
  /** Port on 127.0.0.1 that serves `appPort`; rejects when none can be had. */
  listener(appPort: number): Promise<number>;
}

type Up = (transport: Transport) => void;
type Failed = (reason: ReasonCode, message: string) => void;

const HTTP_NAMES = Object.freeze([ALPN.H2, ALPN.H1]);
/** For proxies of before HTTP/2. */
const HTTP_1_NAMES = Object.freeze([ALPN.H1]);
const TCP_NAMES = Object.freeze([ALPN.TCP]);

/** What is offered, ours first (ADR 1): never a name the endpoint does not know. */
function namesFor(endpoint: Endpoint, want: "http" | "tcp"): readonly string[] {
  if (want === "tcp") return TCP_NAMES;
  return endpoint.capabilities.includes(ALPN.H2) ? HTTP_NAMES : HTTP_1_NAMES;
}

/** Opens connections to endpoints: mutual TLS to whatever has an identity, plaintext only to what has none. */
export class MeshDialer implements Dialer {
  readonly #options: DialerOptions;
  #context: { readonly of: Credentials; readonly trust: object; readonly secure: SecureContext } | undefined;

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  dial(state: EndpointState, want: "http" | "tcp", up: Up, failed: Failed): void {
    const { endpoint } = state;
    if (endpoint.identity === "") {
      this.#dialPlain(endpoint, up, failed);
      return;
    }
    const own = this.#options.source.credentials();
    if (own === null) process.nextTick(failed, "no-identity", "this proxy has no certificate that is valid now");
    else if (endpoint.instance === this.#options.self?.instance) this.#dialSelf(endpoint, want, own, up, failed);
    else this.#dialMesh(endpoint, want, own, up, failed);
  }

  #dialSelf(endpoint: Endpoint, want: "http" | "tcp", own: Credentials, up: Up, failed: Failed): void {
    this.#options.self?.listener(endpoint.port).then(
      (port) => this.#dialMesh({ ...endpoint, address: "127.0.0.1", port }, want, own, up, failed),
      (error: unknown) => failed("connect-failed", messageOf(error)),
    );
  }

  #dialPlain(endpoint: Endpoint, up: Up, failed: Failed): void {
    const socket = connect({ host: endpoint.address, port: endpoint.port, allowHalfOpen: true, noDelay: true });
    const attempt = this.#attempt(endpoint, socket, failed);
    socket.once("error", (error) => attempt.fail("connect-failed", messageOf(error)));
    socket.once("connect", () => {
      if (attempt.succeed()) up(new PlainTransport(socket));
    });
  }

  #dialMesh(endpoint: Endpoint, want: "http" | "tcp", own: Credentials, up: Up, failed: Failed): void {
    const raw = connect({ host: endpoint.address, port: endpoint.port, allowHalfOpen: true, noDelay: true });
    // No servername: SNI chooses nothing here. No session: every connection shows its certificates afresh.
    const socket = connectTls({
      socket: raw,
      secureContext: this.#secureContext(own),
      ALPNProtocols: [...namesFor(endpoint, want)],
      rejectUnauthorized: true,
      // Names are not what identifies a workload; its SPIFFE id is checked below.
      checkServerIdentity: () => undefined,
    });
    const attempt = this.#attempt(endpoint, socket, failed);
    raw.on("error", (error) => attempt.fail("connect-failed", messageOf(error)));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      attempt.fail(dialFailure(error, Boolean(socket.authorizationError)), messageOf(error)),
    );
    socket.once("secureConnect", () => {
      const transport = this.#judge(endpoint, socket, raw, own, attempt);
      if (transport === null || !attempt.succeed()) return;
      this.#options.connections.add(transport);
      up(transport);
    });
  }

  /** Null after telling `attempt` what is wrong with the peer. */
  #judge(endpoint: Endpoint, socket: TLSSocket, raw: Socket, own: Credentials, attempt: Attempt): MeshTransport | null {
    const peer = this.#options.check(presentedChain(socket.getPeerX509Certificate()), this.#options.clock.nowMs());
    if (!peer.ok) {
      attempt.fail("peer-untrusted", peer.message);
      return null;
    }
    if (peer.identity !== endpoint.identity) {
      attempt.fail("peer-identity-mismatch", `expected ${endpoint.identity}, the peer is ${peer.identity}`);
      return null;
    }
    if (!socket.alpnProtocol) {
      attempt.fail("protocol-mismatch", "the peer agreed to no mesh protocol");
      return null;
    }
    return new MeshTransport(socket, raw, peer, retireAtMs(own, peer, DIALLER_MARGIN));
  }

  #attempt(endpoint: Endpoint, socket: Socket, failed: Failed): Attempt {
    const { clock, connectTimeoutMs } = this.#options;
    return new Attempt(socket, `${endpoint.address}:${endpoint.port}`, clock, connectTimeoutMs, failed);
  }

  /** Made once per leaf and set of roots: building one costs more than a handshake. */
  #secureContext(own: Credentials): SecureContext {
    const trust = this.#options.source.trust();
    if (this.#context?.of !== own || this.#context.trust !== trust) {
      const secure = createSecureContext({ key: own.keyPem, cert: own.chainPem, ca: [...trust.rootsPem], minVersion: "TLSv1.3" });
      this.#context = { of: own, trust, secure };
    }
    return this.#context.secure;
  }
}

/** One try: ends once, by success, failure or its deadline. */
class Attempt {
  readonly #socket: Socket;
  readonly #where: string;
  readonly #failed: Failed;
  readonly #deadline: { cancel(): void };
  #over = false;

  constructor(socket: Socket, where: string, clock: Clock, timeoutMs: number, failed: Failed) {
    this.#socket = socket;
    this.#where = where;
    this.#failed = failed;
    this.#deadline = clock.setTimer(() => this.fail("connect-timeout", `no connection within ${timeoutMs} ms`), timeoutMs, { unref: true });
    socket.once("close", () => this.fail("connect-failed", "closed during the handshake"));
  }

  fail(reason: ReasonCode, message: string): void {
    if (!this.#end()) return;
    this.#socket.on("error", ignore);
    this.#socket.destroy();
    this.#failed(reason, `${this.#where}: ${message}`);
  }

  /** False when the attempt had ended before. */
  succeed(): boolean {
    return this.#end();
  }

  #end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#deadline.cancel();
    return true;
  }
}

function ignore(): void {}
