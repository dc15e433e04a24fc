import type { Socket } from "node:net";
import type { OriginalDestinationOf } from "../../lib/original-destination.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import type { ConfigView } from "../contract.ts";
import type { OutboundTcp } from "../tcp/outbound.ts";
import { addressOf } from "../tcp/accepted.ts";
import { PlainTransport } from "../tls/plain-transport.ts";

export interface CapturedOutboundOptions {
  readonly config: ConfigView;
  readonly tcp: OutboundTcp;
  readonly originalDestination: OriginalDestinationOf;
  /** Serves a connection to a destination of the mesh. */
  open(socket: Socket, destination: string): void;
}

/**
 * What the kernel redirects: connections the application opened to addresses of services, of instances, and of places
 * outside. The controller says which it is; while nobody says, nothing leaves past the mesh's rules.
 */
export class CapturedOutbound {
  readonly #options: CapturedOutboundOptions;
  /** Port of this listener: whoever connects to it directly would be sent back to it for ever. */
  ownPort = 0;

  constructor(options: CapturedOutboundOptions) {
    this.#options = options;
  }

  accept(socket: Socket): void {
    const { config, originalDestination } = this.#options;
    const target = originalDestination(socket);
    socket.on("error", () => socket.destroy());
    if (target === null || (target.port === this.ownPort && target.address === socket.localAddress)) {
      this.#refuse(socket, "forbidden-target", "");
      return;
    }
    const name = addressOf(target.address, target.port);
    const stack = config.outbound(name);
    if (stack !== undefined) return this.#options.open(socket, stack.name);
    config.resolveOutbound(name, (resolved, reason) => {
      if (socket.destroyed) return;
      if (resolved !== null) this.#options.open(socket, resolved.name);
      else if (reason === "unknown-destination") {
        this.#options.tcp.passOn(new PlainTransport(socket), target.address, target.port);
      } else this.#refuse(socket, reason ?? "no-config", name);
    });
  }

  #refuse(socket: Socket, reason: ReasonCode, authority: string): void {
    this.#options.tcp.refuse(new PlainTransport(socket), reason, authority);
  }
}
