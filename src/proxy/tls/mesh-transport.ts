import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { VerifiedPeer } from "../../identity/verify-chain.ts";
import { markForReset } from "../../lib/reset-socket.ts";
import type { Transport } from "../contract.ts";

/** A mutually authenticated connection after its identity check. */
export class MeshTransport implements Transport {
  readonly socket: TLSSocket;
  readonly peerIdentity: string;
  readonly mtls = true;
  readonly alpn: string;
  readonly peer: VerifiedPeer;
  /** No new request from this instant (Unix milliseconds) on. */
  readonly retireAtMs: number;
  retired = false;
  readonly #raw: Socket;

  constructor(socket: TLSSocket, raw: Socket, peer: VerifiedPeer, retireAtMs: number) {
    this.socket = socket;
    this.#raw = raw;
    this.peerIdentity = peer.identity;
    this.alpn = socket.alpnProtocol || "";
    this.peer = peer;
    this.retireAtMs = retireAtMs;
    // After the handshake Node only reports TLS errors (a refused certificate, under TLS 1.3) and leaves the socket open.
    socket.on("error", () => socket.destroy());
  }

  /** The peer's proxy sees a reset: missing bytes are never taken for a clean end. */
  reset(): void {
    markForReset(this.#raw);
    this.socket.destroy();
  }
}
