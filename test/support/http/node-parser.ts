import { type Server, createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";

export interface ParsedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly string[];
  readonly body: string;
}

/** `node:http` in strict mode as a second opinion: how many complete requests `bytes` hold, and which. */
export class NodeParser {
  readonly #server: Server;
  #requests: ParsedRequest[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<NodeParser> {
    let parser: NodeParser;
    const server = createServer({ insecureHTTPParser: false, keepAliveTimeout: 0, maxHeaderSize: 64 * 1_024 }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("error", () => {});
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString("latin1");
        parser.#requests.push({ method: request.method ?? "", url: request.url ?? "", headers: request.rawHeaders, body });
        response.end();
      });
    });
    server.maxHeadersCount = 1_000;
    parser = new NodeParser(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return parser;
  }

  /** Complete requests in `bytes`; `clean` is false when the rest was refused or left incomplete. */
  async parse(bytes: Buffer): Promise<{ requests: readonly ParsedRequest[]; clean: boolean }> {
    this.#requests = [];
    const socket = connect((this.#server.address() as AddressInfo).port, "127.0.0.1");
    let answer = "";
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.end(bytes);
    await new Promise((resolve) => socket.on("close", resolve));
    const clean = bytes.length === 0 || (!answer.includes("400 Bad Request") && this.#requests.length > 0);
    return { requests: this.#requests, clean };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
