import type { IncomingMessage } from "node:http";
import { EXPOSITION_CONTENT_TYPE } from "../../telemetry/metrics/exposition.ts";
import { type Page, PageServer, TEXT_TYPE, textPage as text } from "../runtime/page-server.ts";
import type { AppProbes } from "./app-probes.ts";

/** What the health port tells. */
export interface HealthSubject {
  /** Null when ready. */
  notReady(): string | null;
  metrics(): string | Promise<string>;
}

const MAX_CONNECTIONS = 256;
const MAX_USER_AGENT = 256;
const DEFAULT_USER_AGENT = "kube-probe/meshctl";

/**
 * /livez /readyz /metrics and the application's probes, in plain HTTP on every address of the pod: for the kubelet and
 * Prometheus, which are not of the mesh. Reads only, and changes nothing: the drain is asked for on loopback.
 */
export class HealthServer {
  readonly #subject: HealthSubject;
  readonly #probes: AppProbes;
  readonly #server: PageServer;

  constructor(subject: HealthSubject, probes: AppProbes) {
    this.#subject = subject;
    this.#probes = probes;
    this.#server = new PageServer({ what: "the health port", maxConnections: MAX_CONNECTIONS, decide: (request) => this.#decide(request) });
  }

  /** Binds and returns the port. Rejects with a UserError. */
  listen(port: number, host: string): Promise<number> {
    return this.#server.listen(port, host);
  }

  close(): void {
    this.#server.close();
  }

  async #decide({ method, url = "/", headers }: IncomingMessage): Promise<Page> {
    if (method !== "GET" && method !== "HEAD") return text(405, "use GET");
    const [path = "/"] = url.split("?", 1);
    switch (path) {
      case "/livez":
        return text(200, "ok");
      case "/readyz": {
        const reason = this.#subject.notReady();
        return reason === null ? text(200, "ok") : text(503, reason);
      }
      case "/metrics":
        return { status: 200, type: EXPOSITION_CONTENT_TYPE, body: await this.#subject.metrics() };
      default: {
        const outcome = await this.#probes.run(path, (headers["user-agent"] ?? DEFAULT_USER_AGENT).slice(0, MAX_USER_AGENT));
        if (outcome === null) return text(404, "no such page: /livez /readyz /metrics and the probes of this pod");
        return { status: statusFor(outcome.status), type: TEXT_TYPE, body: outcome.text };
      }
    }
  }
}

/** A redirect that was not followed is success to the kubelet, which must not follow it here either. */
function statusFor(status: number): number {
  if (status >= 300 && status <= 399) return 200;
  return status >= 200 && status <= 599 ? status : 503;
}
