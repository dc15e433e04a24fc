import { cpuOfAll } from "../process-cpu.ts";
import { LOAD_CORE } from "../options.ts";
import { runWrk } from "./wrk.ts";

/** Before the window connections are made; after it they are torn down, with requests still under way on them. */
const BEFORE_SECONDS = 1;
const AFTER_SECONDS = 1;

/** A backend that knows how many requests it has served. */
export interface CountingBackend {
  served(): Promise<number>;
}

export interface WindowResult {
  readonly cpuUsPerRequest: number;
  readonly perSecond: number;
  /** Of the whole run, as wrk says. */
  readonly p50Us: number;
  readonly p99Us: number;
  readonly errors: number;
}

/**
 * CPU of `pids` and requests the backend counted, over `seconds` in the middle of a run of wrk. wrk breaks off what is under way at its end:
 * pairs with a connection for each request lose those between them with it, and would pay for up to as many handshakes in every run.
 */
export async function loadWindow(
  url: string,
  connections: number,
  seconds: number,
  pids: readonly number[],
  backend: CountingBackend,
): Promise<WindowResult> {
  const running = runWrk(url, connections, BEFORE_SECONDS + seconds + AFTER_SECONDS, LOAD_CORE);
  // Awaited below; a failure before that must not be nobody's.
  running.catch(() => {});
  await pause(BEFORE_SECONDS);
  const from = await sample(pids, backend);
  await pause(seconds);
  const to = await sample(pids, backend);
  const { p50Us, p99Us, errors } = await running;
  // The question itself is one of them.
  const requests = to.served - from.served - 1;
  return {
    cpuUsPerRequest: requests > 0 ? (to.cpuUs - from.cpuUs) / requests : Number.NaN,
    perSecond: (requests * 1_000) / (to.atMs - from.atMs),
    p50Us,
    p99Us,
    errors,
  };
}

async function sample(pids: readonly number[], backend: CountingBackend) {
  const served = await backend.served();
  return { served, cpuUs: cpuOfAll(pids), atMs: performance.now() };
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}
