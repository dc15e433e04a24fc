import { type AddressInfo, type Server, type Socket, createServer } from "node:net";

/** One connection to a {@link RawBackend}: what came in, and the socket to answer on. */
export interface BackendConnection {
  readonly socket: Socket;
  received: Buffer;
}

/** A server that speaks no protocol: records the bytes it gets, answers as it is told. */
export class RawBackend {
  readonly connections: BackendConnection[] = [];
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** `onData` is called after each read, with everything received so far on that connection. */
  static async start(onData: (connection: BackendConnection, backend: RawBackend) => void): Promise<RawBackend> {
    let backend: RawBackend;
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const connection: BackendConnection = { socket, received: Buffer.alloc(0) };
      backend.connections.push(connection);
      socket.on("error", () => {});
      socket.on("end", () => socket.end());
      socket.on("data", (chunk: Buffer) => {
        connection.received = Buffer.concat([connection.received, chunk]);
        onData(connection, backend);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    backend = new RawBackend(server);
    return backend;
  }

  /** All bytes of all connections, in the order of connections, as Latin-1. */
  get text(): string {
    return this.connections.map(({ received }) => received.toString("latin1")).join("");
  }

  /** Closes the listener as well: connecting is refused from then on. */
  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Answers each complete request head (bodies are not looked at) with `answer`. */
export function answering(answer: string | ((head: string, count: number) => string)): (connection: BackendConnection) => void {
  const seen = new WeakMap<BackendConnection, number>();
  return (connection) => {
    const text = connection.received.toString("latin1");
    let from = seen.get(connection) ?? 0;
    for (;;) {
      const end = text.indexOf("\r\n\r\n", from);
      if (end === -1) break;
      const head = text.slice(from, end + 4);
      from = end + 4;
      connection.socket.write(typeof answer === "string" ? answer : answer(head, from), "latin1");
    }
    seen.set(connection, from);
  };
}
