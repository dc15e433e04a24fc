import { createServer, type Server, type Socket } from "node:net";
import { UserError } from "../../lib/errors.ts";

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
  /** Open at a time; more are closed at once. */
  readonly maxConnections: number;
  /** Sockets are half-open capable: each direction ends by itself. */
  accept(socket: Socket): void;
  /** One connection over the limit was closed. */
  dropped?(): void;
}

const BACKLOG = 1_024;

/** Binds `host:port`. Rejects with a UserError. */
export function listen(options: ListenOptions): Promise<Listener> {
  const { host, port, what, maxConnections, accept, dropped } = options;
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
    server.maxConnections = maxConnections;
    server.on("drop", () => dropped?.());
    server.once("error", (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port, what)));
    server.listen({ host, port, backlog: BACKLOG }, () => {
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
