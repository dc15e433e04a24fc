import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { cannotListen, portOf } from "./listener.ts";

/** One answer of a small server for people and probes. */
export interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export const TEXT_TYPE = "text/plain; charset=utf-8";
const HEADER_TIMEOUT_MS = 5_000;

/** A line of text. */
export function textPage(status: number, line: string): Page {
  return { status, type: TEXT_TYPE, body: `${line}\n` };
}

export interface PageServerOptions {
  /** For the message when the port cannot be had: `the admin port`. */
  readonly what: string;
  readonly maxConnections: number;
  decide(request: IncomingMessage): Page | Promise<Page>;
}

/** Plain HTTP, one answer a connection, short deadlines. */
export class PageServer {
  readonly #options: PageServerOptions;
  readonly #server: Server;

  constructor(options: PageServerOptions) {
    this.#options = options;
    this.#server = createServer({ headersTimeout: HEADER_TIMEOUT_MS, requestTimeout: HEADER_TIMEOUT_MS }, (request, response) => {
      void this.#answer(request, response);
    });
    this.#server.maxConnections = options.maxConnections;
  }

  /** Binds and returns the port. Rejects with a UserError. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port, this.#options.what)));
      this.#server.listen(port, host, () => resolve(portOf(this.#server)));
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, body } = await this.#options.decide(request);
    response.writeHead(status, {
      "content-type": type,
      "content-length": Buffer.byteLength(body),
      connection: "close",
      "cache-control": "no-store",
      // Text is text, whatever an application made it look like.
      "x-content-type-options": "nosniff",
    });
    response.end(request.method === "HEAD" ? "" : body);
    request.resume();
  }
}
