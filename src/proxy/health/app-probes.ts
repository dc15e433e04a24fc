import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { AppProbe } from "../../messages/app-probes.ts";
import { checkGrpc } from "./check-grpc.ts";
import { checkHttp } from "./check-http.ts";
import { checkTcp } from "./check-tcp.ts";
import { type CheckOutcome, failed } from "./outcome.ts";

export interface AppProbesOptions {
  readonly probes: readonly AppProbe[];
  /** Address at which the application is asked: the pod's own. */
  readonly host: string;
  readonly clock: Clock;
  /** The pod is ending. */
  draining(): boolean;
}

/** The kubelet runs a pod's preStop hooks at the same time: ours, which begins the drain, may be the later one. */
const DRAIN_WAIT_MS = 5_000;
const DRAIN_LOOK_MS = 50;

/**
 * Asks the application what the kubelet would have asked it, from a list that is fixed when the pod is made. Each check runs
 * once at a time: whoever asks meanwhile gets the same answer, so nobody can multiply requests here.
 */
export class AppProbes {
  readonly #options: AppProbesOptions;
  readonly #byPath: ReadonlyMap<string, AppProbe>;
  readonly #running = new Map<string, Promise<CheckOutcome>>();

  constructor(options: AppProbesOptions) {
    this.#options = options;
    this.#byPath = new Map(options.probes.map((probe) => [probe.at, probe]));
  }

  /** Null when no probe has that path. */
  run(path: string, userAgent: string): Promise<CheckOutcome> | null {
    const running = this.#running.get(path);
    if (running !== undefined) return running;
    const probe = this.#byPath.get(path);
    if (probe === undefined) return null;
    const started = this.#check(probe, userAgent).finally(() => this.#running.delete(path));
    this.#running.set(path, started);
    return started;
  }

  async #check(probe: AppProbe, userAgent: string): Promise<CheckOutcome> {
    // Anybody can reach this port: what ends an application is done only when the pod ends.
    if (probe.purpose === "pre-stop" && !(await this.#ends())) return { status: 403, text: "the pod is not ending" };
    const abort = new AbortController();
    const timer = this.#options.clock.setTimer(() => abort.abort(), probe.timeoutMs);
    try {
      return await this.#ask(probe, userAgent, abort.signal);
    } catch (error) {
      return failed(abort.signal.aborted ? `no answer within ${probe.timeoutMs} ms` : messageOf(error));
    } finally {
      timer.cancel();
    }
  }

  #ask({ check }: AppProbe, userAgent: string, signal: AbortSignal): Promise<CheckOutcome> {
    const { host } = this.#options;
    switch (check.kind) {
      case "http":
        return checkHttp(check, host, userAgent, signal);
      case "tcp":
        return checkTcp(check.port, host, signal);
      case "grpc":
        return checkGrpc(check.port, check.service, host, userAgent, signal);
    }
  }

  /** Whether the pod is ending, or begins to within a moment. */
  #ends(): Promise<boolean> {
    const { clock, draining } = this.#options;
    const until = clock.monotonicMs() + DRAIN_WAIT_MS;
    return new Promise((resolve) => {
      const look = (): void => {
        if (draining()) resolve(true);
        else if (clock.monotonicMs() >= until) resolve(false);
        else clock.setTimer(look, DRAIN_LOOK_MS);
      };
      look();
    });
  }
}
