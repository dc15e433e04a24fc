import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { EXPOSITION_CONTENT_TYPE } from "../../telemetry/metrics/exposition.ts";
import { cannotListen, portOf } from "./listener.ts";

/** At once, or when others have been asked. */
type Text = string | Promise<string>;

/** What the admin port shows and does. */
export interface AdminSubject {
  /** Null when ready. */
  notReady(): string | null;
  metrics(): Text;
  /** JSON texts. */
  config(): Text;
  clusters(): Text;
  certificate(): Text;
  drain(): void;
  logLevel(): string;
  /** False: there is no such level. */
  setLogLevel(level: string): boolean;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const TEXT = "text/plain; charset=utf-8";
const JSON_TYPE = "application/json";
const HEADER_TIMEOUT_MS = 5_000;
const LOOPBACK = "127.0.0.1";

/** /livez /readyz /metrics /config /clusters /certificate /drain /log-level, on loopback only. */
export class Admin {
  readonly #subject: AdminSubject;
  readonly #server: Server;

  constructor(subject: AdminSubject) {
    this.#subject = subject;
    this.#server = createServer({ headersTimeout: HEADER_TIMEOUT_MS, requestTimeout: HEADER_TIMEOUT_MS }, (request, response) => {
      void this.#answer(request, response);
    });
    this.#server.maxConnections = 64;
  }

  /** Binds 127.0.0.1 and returns the port. Rejects with a UserError. */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", (error: NodeJS.ErrnoException) => reject(cannotListen(error, LOOPBACK, port, "the admin port")));
      this.#server.listen(port, LOOPBACK, () => resolve(portOf(this.#server)));
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, body } = await this.#decide(request);
    response.writeHead(status, {
      "content-type": type,
      "content-length": Buffer.byteLength(body),
      connection: "close",
      "cache-control": "no-store",
    });
    response.end(request.method === "HEAD" ? "" : body);
    request.resume();
  }

  #decide(request: IncomingMessage): Answer | Promise<Answer> {
    // A page in a browser reaches loopback too, under a name of its own (DNS rebinding) or by a form.
    if (!isLoopbackHost(request.headers.host)) return text(421, "the admin port answers to 127.0.0.1 and localhost only");
    if (request.headers.origin !== undefined) return text(403, "not for web pages");
    const url = new URL(request.url ?? "/", "http://localhost");
    const changes = url.pathname === "/drain" || (url.pathname === "/log-level" && url.searchParams.has("level"));
    const reads = request.method === "GET" || request.method === "HEAD";
    if (changes ? request.method !== "POST" : !reads) return text(405, changes ? "use POST" : "use GET");
    return this.#route(url);
  }

  async #route(url: URL): Promise<Answer> {
    const subject = this.#subject;
    switch (url.pathname) {
      case "/livez":
        return text(200, "ok");
      case "/readyz": {
        const reason = subject.notReady();
        return reason === null ? text(200, "ok") : text(503, reason);
      }
      case "/metrics":
        return { status: 200, type: EXPOSITION_CONTENT_TYPE, body: await subject.metrics() };
      case "/config":
        return json(await subject.config());
      case "/clusters":
        return json(await subject.clusters());
      case "/certificate":
        return json(await subject.certificate());
      case "/drain":
        subject.drain();
        return text(202, "draining");
      case "/log-level":
        return this.#logLevel(url.searchParams.get("level"));
      default:
        return text(404, "no such page: /livez /readyz /metrics /config /clusters /certificate /drain /log-level");
    }
  }

  #logLevel(level: string | null): Answer {
    if (level !== null && !this.#subject.setLogLevel(level)) return text(400, "levels are trace, debug, info, warn and error");
    return text(200, this.#subject.logLevel());
  }
}

function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?$/i.test(host);
}

function text(status: number, line: string): Answer {
  return { status, type: TEXT, body: `${line}\n` };
}

function json(body: string): Answer {
  return { status: 200, type: JSON_TYPE, body: `${body}\n` };
}
