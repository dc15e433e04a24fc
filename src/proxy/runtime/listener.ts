import { createServer, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { UserError } from "../../lib/errors.ts";
import type { ConnectionGate } from "../overload/connection-gate.ts";

/** A bound TCP listener. */
export interface Listener {
  readonly port: number;
  /** No new connections; those that stand go on. */
  close(): void;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 picks one. */
  readonly port: number;
  /** Whose traffic, for the message when it cannot be bound. */
  readonly what: string;
  /** Counts what is accepted, and says when no more is wanted. */
  readonly gate: ConnectionGate;
  /** Sockets are half-open capable: each direction ends by itself. */
  accept(socket: Socket): void;
  /** Gets what comes while the gate is shut, to say why; absent: it is closed at once, unread. */
  turnAway?(socket: Socket): void;
  /** One connection was closed because the gate is shut. */
  dropped(): void;
}

/** Of both address families, as far as this machine has them: see {@link familiesHere}. */
export const LOOPBACKS: readonly string[] = familiesHere("127.0.0.1", "::1");
export const ANY_ADDRESS: readonly string[] = familiesHere("0.0.0.0", "::");

const BACKLOG = 1_024;
/** As few as Node knows: 0 would be taken for no limit. */
const SHUT = 1;
/** That many may be told why at a time. */
const TURNED_AWAY = 256;

/** Binds `host:port`. Rejects with a UserError. */
export function listen(options: ListenOptions): Promise<Listener> {
  const { host, port, what, gate, accept, turnAway, dropped } = options;
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const late = gate.shut;
      gate.entered();
      socket.once("close", () => gate.left());
      if (!late || turnAway === undefined) return accept(socket);
      dropped();
      turnAway(socket);
    });
    // One of several processes would otherwise pass it on to the next, which may be as full, and so on for ever.
    (server as Server & { dropMaxConnection?: boolean }).dropMaxConnection = true;
    server.on("drop", () => dropped());
    gate.add({
      setOpen(open) {
        if (open) server.maxConnections = Number.MAX_SAFE_INTEGER;
        else if (turnAway === undefined) server.maxConnections = SHUT;
        else server.getConnections((_error, count) => gate.shut && (server.maxConnections = count + TURNED_AWAY));
      },
    });
    server.once("error", (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port, what)));
    server.listen({ host, port, backlog: BACKLOG, ipv6Only: true }, () => {
      server.removeAllListeners("error");
      // Out of descriptors, for example: nothing was accepted, the next try may be.
      server.on("error", () => {});
      resolve({ port: portOf(server), close: () => server.close() });
    });
  });
}

export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the listener has no port");
  return address.port;
}

export function cannotListen(error: NodeJS.ErrnoException, host: string, port: number, what: string): UserError {
  const why = error.code === "EADDRINUSE" ? "the port is in use" : error.code === "EACCES" ? "not allowed" : error.message;
  return new UserError(`cannot listen on ${host}:${port} for ${what}: ${why}`, {
    hint: "Name another port, or 0 to have one picked.",
    cause: error,
  });
}

/** The kernel redirects each family to its own; IPv6 may be switched off. */
function familiesHere(v4: string, v6: string): readonly string[] {
  const hasV6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ family }) => family === "IPv6"));
  return Object.freeze(hasV6 ? [v4, v6] : [v4]);
}
