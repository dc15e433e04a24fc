import type { Socket } from "node:net";
import { resetSocket } from "../../lib/reset-socket.ts";
import type { Transport } from "../contract.ts";

/** A plaintext connection: from an application beside us, or with a peer outside the mesh. */
export class PlainTransport implements Transport {
  readonly socket: Socket;
  readonly peerIdentity = "";
  readonly mtls = false;
  /** `h2c` when the client began with the preface of HTTP/2. */
  readonly alpn: string;
  readonly beganMs: number;

  constructor(socket: Socket, alpn = "", beganMs = -1) {
    this.socket = socket;
    this.alpn = alpn;
    this.beganMs = beganMs;
    // Whoever uses it learns from `close`; an error nobody listens to would end the process.
    socket.on("error", () => socket.destroy());
  }

  reset(): void {
    resetSocket(this.socket);
  }
}
