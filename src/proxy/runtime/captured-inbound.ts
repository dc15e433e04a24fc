import type { Socket } from "node:net";
import type { OriginalDestinationOf } from "../../lib/original-destination.ts";
import type { ReasonCode } from "../../messages/reasons.ts";

export interface CapturedInboundOptions {
  readonly originalDestination: OriginalDestinationOf;
  /** Serves a connection to one port of the application; false: there is no room for another port. */
  serve(socket: Socket, appPort: number): boolean;
  refused(reason: ReasonCode, message: string, socket: Socket): void;
}

/** What the kernel redirects: connections others opened to any port of this pod. */
export class CapturedInbound {
  readonly #options: CapturedInboundOptions;
  /** Port of this listener: it serves nobody who comes to it directly. */
  ownPort = 0;

  constructor(options: CapturedInboundOptions) {
    this.#options = options;
  }

  accept(socket: Socket): void {
    const target = this.#options.originalDestination(socket);
    if (target === null || target.port === this.ownPort)
      this.#refuse(socket, "forbidden-target", "not redirected: it came to the proxy's own port");
    else if (!this.#options.serve(socket, target.port))
      this.#refuse(socket, "overloaded", `too many ports are asked for to serve ${target.port} too`);
  }

  #refuse(socket: Socket, reason: ReasonCode, message: string): void {
    socket.on("error", () => {});
    socket.destroy();
    this.#options.refused(reason, message, socket);
  }
}
