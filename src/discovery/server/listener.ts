import type { AddressInfo, Socket } from "node:net";
import { constants } from "node:crypto";
import { createServer, type TLSSocket } from "node:tls";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Peer } from "./contract.ts";

/** What the listener shows and accepts. PEM. */
export interface ServerCredentials {
  readonly key: string | Buffer;
  /** Leaf first, then issuers. */
  readonly cert: string | Buffer;
  /** Every root of the mesh. */
  readonly roots: string | Buffer;
}

export interface MeshListenerOptions {
  readonly credentials: ServerCredentials;
  readonly clock: Clock;
  /** Second verification, after OpenSSL's own: the X.509-SVID rules and the bundle of the leaf's own trust domain. Throws to refuse. */
  verifyPeer(socket: TLSSocket): Omit<Peer, "address">;
  /** A verified HTTP/2 connection. */
  onConnection(socket: TLSSocket, peer: Peer): void;
  /** A handshake that failed or a peer that was refused; for logs and counters. */
  onRefused?(address: string, reason: string): void;
  readonly maxConnections?: number;
}

export interface MeshListener {
  listen(host: string, port: number): Promise<number>;
  /** New leaf or roots, for every handshake from now on. */
  setCredentials(credentials: ServerCredentials): void;
  /** Ends connections whose peer the predicate picks (a revocation, a removed root). */
  disconnect(predicate: (peer: Peer) => boolean): number;
  close(): Promise<void>;
}

/** Longest delay a timer can hold. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The mutual-TLS door of the discovery port. It finishes handshake and identity check itself and only
 * then hands the decrypted connection on: no HTTP/2 library ever reads a byte of an unauthenticated
 * peer, and a new leaf or root takes effect without a restart (`tls.Server.setSecureContext`).
 */
export function createMeshListener(options: MeshListenerOptions): MeshListener {
  const open = new Map<TLSSocket, Peer>();
  const raw = new Set<Socket>();
  const server = createServer({
    ...context(options.credentials),
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: ["h2"],
    handshakeTimeout: 5_000,
  });
  server.maxConnections = options.maxConnections ?? 4096;

  server.on("connection", (socket: Socket) => {
    raw.add(socket);
    socket.once("close", () => raw.delete(socket));
  });
  server.on("tlsClientError", (error, socket) => {
    options.onRefused?.(addressOf(socket), messageOf(error));
    socket.destroy();
  });
  server.on("secureConnection", (socket) => {
    socket.on("error", () => socket.destroy());
    const peer = accept(socket);
    if (peer === null) {
      socket.destroy();
      return;
    }
    open.set(socket, peer);
    endWithLeaf(socket, peer.notAfterMs);
    options.onConnection(socket, peer);
  });

  function accept(socket: TLSSocket): Peer | null {
    const address = addressOf(socket);
    try {
      if (!socket.authorized) throw new Error(String(socket.authorizationError ?? "not authorized"));
      if (socket.alpnProtocol !== "h2") throw new Error("the client did not offer h2 by ALPN");
      return Object.freeze({ ...options.verifyPeer(socket), address });
    } catch (error) {
      options.onRefused?.(address, messageOf(error));
      return null;
    }
  }

  /** A connection does not outlive the certificate that opened it. */
  function endWithLeaf(socket: TLSSocket, notAfterMs: number): void {
    let timer = options.clock.setTimer(check, delay(), { unref: true });
    function delay(): number {
      return Math.max(0, Math.min(notAfterMs - options.clock.nowMs(), MAX_TIMER_MS));
    }
    function check(): void {
      if (options.clock.nowMs() >= notAfterMs) socket.destroy();
      else timer = options.clock.setTimer(check, delay(), { unref: true });
    }
    socket.once("close", () => {
      timer.cancel();
      open.delete(socket);
    });
  }

  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen({ host, port }, () => {
          server.off("error", reject);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    setCredentials: (credentials) => server.setSecureContext(context(credentials)),
    disconnect(predicate) {
      let ended = 0;
      for (const [socket, peer] of open) {
        if (!predicate(peer)) continue;
        socket.destroy();
        ended += 1;
      }
      return ended;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of raw) socket.destroy();
      }),
  };
}

function context(credentials: ServerCredentials) {
  return {
    key: credentials.key,
    cert: credentials.cert,
    ca: credentials.roots,
    minVersion: "TLSv1.3" as const,
    // Every connection proves its identity by a full handshake.
    secureOptions: constants.SSL_OP_NO_TICKET,
    sessionIdContext: "meshctl-discovery",
  };
}

function addressOf(socket: { remoteAddress?: string | undefined; remotePort?: number | undefined }): string {
  return `${socket.remoteAddress ?? "unknown"}:${socket.remotePort ?? 0}`;
}
