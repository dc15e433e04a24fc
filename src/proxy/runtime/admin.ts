import type { IncomingMessage } from "node:http";
import { EXPOSITION_CONTENT_TYPE } from "../../telemetry/metrics/exposition.ts";
import { type Page, PageServer, textPage as text } from "./page-server.ts";

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

const JSON_TYPE = "application/json";
const LOOPBACK = "127.0.0.1";

/** /livez /readyz /metrics /config /clusters /certificate /drain /log-level, on loopback only. */
export class Admin {
  readonly #subject: AdminSubject;
  readonly #server: PageServer;

  constructor(subject: AdminSubject) {
    this.#subject = subject;
    this.#server = new PageServer({ what: "the admin port", maxConnections: 64, decide: (request) => this.#decide(request) });
  }

  /** Binds 127.0.0.1 and returns the port. Rejects with a UserError. */
  listen(port: number): Promise<number> {
    return this.#server.listen(port, LOOPBACK);
  }

  close(): void {
    this.#server.close();
  }

  #decide(request: IncomingMessage): Page | Promise<Page> {
    // A page in a browser reaches loopback too, under a name of its own (DNS rebinding) or by a form.
    if (!isLoopbackHost(request.headers.host)) return text(421, "the admin port answers to 127.0.0.1 and localhost only");
    if (request.headers.origin !== undefined) return text(403, "not for web pages");
    const url = new URL(request.url ?? "/", "http://localhost");
    const changes = url.pathname === "/drain" || (url.pathname === "/log-level" && url.searchParams.has("level"));
    const reads = request.method === "GET" || request.method === "HEAD";
    if (changes ? request.method !== "POST" : !reads) return text(405, changes ? "use POST" : "use GET");
    return this.#route(url);
  }

  async #route(url: URL): Promise<Page> {
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

  #logLevel(level: string | null): Page {
    if (level !== null && !this.#subject.setLogLevel(level)) return text(400, "levels are trace, debug, info, warn and error");
    return text(200, this.#subject.logLevel());
  }
}

function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?$/i.test(host);
}

function json(body: string): Page {
  return { status: 200, type: JSON_TYPE, body: `${body}\n` };
}
