import type { ServerResponse } from "node:http";
import { API, type TapLine, type TapRecord } from "../../api/contract.ts";
import type { MeshStore } from "../../compile/store.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { HttpError, type Endpoint } from "../http.ts";
import type { Workload } from "../../model/kinds/workload.ts";
import { parseTapQuery } from "./query.ts";
import type { TapListener, TapSessions } from "./sessions.ts";

/** Events kept for a listener that reads slowly; more are dropped and counted. */
const MAX_BUFFERED = 1_000;
/** Dropped events are told at most this often; also the heart-beat by which a dead client is noticed. */
const REPORT_MS = 1_000;
const MAX_SESSIONS = 64;

/** GET tap: one JSON object a line, until the client goes. */
export function tapEndpoint(sessions: TapSessions, store: MeshStore, clock: Clock): Endpoint {
  return {
    method: "GET",
    path: API.TAP,
    access: "admin",
    handle(exchange) {
      const query = parseTapQuery(exchange.query);
      const key = `${query.namespace}/${query.service ?? query.workload}`;
      if (query.service !== undefined && store.get("Service", key) === undefined) throw missing(`service ${key}`);
      if (query.workload !== undefined && !hasWorkload(store, query.namespace, query.workload)) throw missing(`workload ${key}`);
      if (sessions.open >= MAX_SESSIONS) throw new HttpError(429, "TooManyRequests", `${MAX_SESSIONS} taps are open already`);
      const { response } = exchange;
      response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
      response.flushHeaders();
      const lines = new LineWriter(response, clock);
      const session = sessions.start(query, lines);
      lines.write({ type: "started", session: session.id, proxies: session.proxies });
      response.on("close", () => {
        session.close();
        lines.close();
      });
    },
  };
}

/** Writes while the client reads, keeps a bounded rest, and counts what did not fit. */
class LineWriter implements TapListener {
  readonly #response: ServerResponse;
  readonly #buffer: TapRecord[] = [];
  readonly #clock: Clock;
  #dropped = 0;
  #blocked = false;
  #timer: Timer | null = null;

  constructor(response: ServerResponse, clock: Clock) {
    this.#response = response;
    this.#clock = clock;
    response.on("drain", () => this.#drained());
    this.#schedule();
  }

  event(record: TapRecord): void {
    if (!this.#blocked) this.write({ type: "event", event: record });
    else if (this.#buffer.length < MAX_BUFFERED) this.#buffer.push(record);
    else this.#dropped += 1;
  }

  dropped(count: number): void {
    this.#dropped += count;
  }

  write(line: TapLine): void {
    this.#blocked = !this.#response.write(`${JSON.stringify(line)}\n`);
  }

  close(): void {
    this.#timer?.cancel();
    this.#buffer.length = 0;
  }

  #drained(): void {
    this.#blocked = false;
    while (!this.#blocked) {
      const record = this.#buffer.shift();
      if (record === undefined) return;
      this.write({ type: "event", event: record });
    }
  }

  #schedule(): void {
    this.#timer = this.#clock.setTimer(
      () => {
        if (this.#dropped > 0 && !this.#blocked) {
          const count = this.#dropped;
          this.#dropped = 0;
          this.write({ type: "dropped", count });
        }
        this.#schedule();
      },
      REPORT_MS,
      { unref: true },
    );
  }
}

function hasWorkload(store: MeshStore, namespace: string, name: string): boolean {
  return store.workloadsIn(namespace).some((workload: Workload) => workload.spec?.workload === name || workload.metadata.name === name);
}

function missing(what: string): HttpError {
  return new HttpError(404, "NotFound", `${what} not found`);
}
