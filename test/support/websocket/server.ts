/** A WebSocket application on npm `ws`; what it does depends on the path, and it notes how sockets ended. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

export interface SocketEnd {
  readonly code: number;
  readonly reason: string;
}

const MAX_MESSAGE = 4 * 1_024 * 1_024;

/**
 * `/echo` gives messages back; `/greet` speaks first; `/close?code=N&reason=R` closes; `/pings` pings at once; `/terminate` breaks off on the
 * first message; `/401` and `/404` refuse; `/late` is no WebSocket at all: it answers only after its client has ended its side.
 */
export class WebSocketApp {
  readonly #http: Server = createServer((_request, response) => void response.writeHead(426).end("a WebSocket is expected\n"));
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: { threshold: 64 },
    handleProtocols: (offered) => (offered.has("chat.v2") ? "chat.v2" : false),
  });
  /** By the `id` of the query. */
  readonly ends = new Map<string, SocketEnd>();
  readonly pongs: string[] = [];
  /** Heads of the latest handshake, as they came. */
  handshake: IncomingMessage["headers"] = {};

  constructor() {
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve) => this.#http.listen(port, "127.0.0.1", resolve));
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => {});
    this.handshake = request.headers;
    const url = new URL(request.url ?? "/", "http://app");
    if (url.pathname === "/401" || url.pathname === "/404") refuse(socket, url.pathname.slice(1));
    else if (url.pathname === "/late") answerLate(socket);
    else this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#serve(webSocket, url));
  }

  #serve(socket: WebSocket, url: URL): void {
    socket.on("error", () => {});
    socket.on("close", (code, reason) => this.ends.set(url.searchParams.get("id") ?? "", { code, reason: reason.toString() }));
    socket.on("pong", (data) => this.pongs.push(data.toString()));
    if (url.pathname === "/greet") socket.send("welcome");
    if (url.pathname === "/close") socket.close(codeOf(url), url.searchParams.get("reason") ?? undefined);
    if (url.pathname === "/pings") socket.ping("are you there");
    socket.on("message", (data, isBinary) => {
      if (url.pathname === "/terminate") socket.terminate();
      else socket.send(data as Buffer, { binary: isBinary });
    });
  }
}

function codeOf(url: URL): number | undefined {
  const code = url.searchParams.get("code");
  return code === null ? undefined : Number(code);
}

function refuse(socket: Duplex, status: string): void {
  const body = `refused with ${status}`;
  const why = status === "401" ? "Unauthorized\r\nWWW-Authenticate: Basic realm=sockets" : "Not Found";
  socket.end(`HTTP/1.1 ${status} ${why}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
}

function answerLate(socket: Duplex): void {
  let received = "";
  socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString();
  });
  socket.on("end", () => socket.end(`you said ${received}`));
}
