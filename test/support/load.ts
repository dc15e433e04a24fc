/** Bounded HTTP load on loopback from an independent client (node:http), counted by what came back. */
import { Agent, request } from "node:http";

export interface LoadResult {
  readonly requests: number;
  /** By status; connection errors under their code (`ECONNRESET`). */
  readonly outcomes: Readonly<Record<string, number>>;
  /** By the value that `label` found in the body. */
  readonly labels: Readonly<Record<string, number>>;
  /** Milliseconds, sorted. */
  readonly latencies: readonly number[];
  /** By `x-meshctl-reason`. */
  readonly reasons: Readonly<Record<string, number>>;
}

export interface LoadOptions {
  readonly port: number;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections?: number;
  /** Ends after this many… */
  readonly count?: number;
  /** …or when {@link Load.stop} is called, with this as the limit of both. */
  readonly limitMs?: number;
  readonly label?: (body: string) => string;
}

export interface Load {
  readonly finished: Promise<LoadResult>;
  /** Requests answered so far. */
  done(): number;
  /** No new requests; resolves when those under way are answered. */
  stop(): Promise<LoadResult>;
}

export function startLoad(options: LoadOptions): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections ?? 8 });
  const outcomes: Record<string, number> = {};
  const labels: Record<string, number> = {};
  const reasons: Record<string, number> = {};
  const latencies: number[] = [];
  const limit = options.count ?? Number.POSITIVE_INFINITY;
  const until = performance.now() + (options.limitMs ?? 60_000);
  let started = 0;
  let stopped = false;

  async function worker(): Promise<void> {
    while (!stopped && started < limit && performance.now() < until) {
      started += 1;
      const { outcome, body, reason, ms } = await once(agent, options);
      add(outcomes, outcome);
      latencies.push(ms);
      if (reason) add(reasons, reason);
      if (options.label && outcome === "200") add(labels, options.label(body));
    }
  }

  const finished = Promise.all(Array.from({ length: options.connections ?? 8 }, worker)).then(() => {
    agent.destroy();
    latencies.sort((left, right) => left - right);
    return { requests: latencies.length, outcomes, labels, latencies, reasons };
  });
  return {
    finished,
    done: () => latencies.length,
    stop() {
      stopped = true;
      return finished;
    },
  };
}

/** {@link startLoad} to its end. */
export function load(options: LoadOptions & { readonly count: number }): Promise<LoadResult> {
  return startLoad(options).finished;
}

/** One request, its whole answer. */
export function fetchOnce(options: LoadOptions): Promise<{ outcome: string; body: string; reason: string; ms: number }> {
  const agent = new Agent({ keepAlive: false });
  return once(agent, options).finally(() => agent.destroy());
}

function once(agent: Agent, options: LoadOptions): Promise<{ outcome: string; body: string; reason: string; ms: number }> {
  return new Promise((resolve) => {
    const began = performance.now();
    const finish = (outcome: string, body = "", reason = ""): void => resolve({ outcome, body, reason, ms: performance.now() - began });
    const call = request(
      { host: "127.0.0.1", port: options.port, path: options.path ?? "/", headers: options.headers, agent, timeout: 15_000 },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          body += chunk;
        });
        const reason = String(response.headers["x-meshctl-reason"] ?? "");
        response.on("end", () => finish(response.complete ? String(response.statusCode) : "incomplete", body, reason));
        response.on("error", (error: NodeJS.ErrnoException) => finish(error.code ?? error.message, body, reason));
      },
    );
    call.on("timeout", () => call.destroy(new Error("client-timeout")));
    call.on("error", (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    call.end();
  });
}

function add(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

/** The half-width that a measured share of `n` tries may be off: 4·√(p(1−p)/n). */
export function shareTolerance(share: number, n: number): number {
  return 4 * Math.sqrt((share * (1 - share)) / n);
}
