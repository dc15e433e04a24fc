import { join } from "node:path";
import type { Backoff } from "../../lib/backoff.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import type { Bootstrap, FromProxy } from "../../messages/bootstrap.ts";
import { DEFAULT_OVERLOAD_LIMITS, shareOf } from "../overload/limits.ts";
import type { FromWorker, SpawnWorker, Subject, ToWorker, WorkerProcess } from "./messages.ts";

export type Listening = Extract<FromProxy, { kind: "listening" }>;

export interface WorkerOptions {
  /** 1 … of. */
  readonly index: number;
  readonly of: number;
  readonly clock: Clock;
  readonly backoff: Backoff;
  readonly spawn: SpawnWorker;
  /** As of now: its token and the controller's address change. */
  bootstrap(): Bootstrap;
  /** Everything but answers, which {@link Worker.ask} gives. */
  heard(worker: Worker, message: FromProxy): void;
  /** `pauseMs` until it is started again; null: it is not. */
  gone(worker: Worker, how: string, pauseMs: number | null): void;
}

/** Up for this long: the next death starts from the shortest pause again. */
const STEADY_MS = 30_000;
const ANSWER_MS = 1_000;

/** One place in a group of workers: the process in it, started again when it dies. */
export class Worker {
  readonly index: number;
  readonly #options: WorkerOptions;
  #process: WorkerProcess | null = null;
  #listening: Listening | null = null;
  /** Why it is not ready; undefined: it has not said. */
  #notReady: string | null | undefined;
  #closing = false;
  #first = true;
  #startedMs = 0;
  #pause: Timer | null = null;
  #asked = 0;
  readonly #answers = new Map<number, (text: string | null) => void>();
  /** By name, where there is no directory in memory: for its next life. */
  readonly #saved = new Map<string, string>();

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.index = options.index;
    const prefix = this.#savedName("");
    for (const [name, base64] of Object.entries(options.bootstrap().saved ?? {})) {
      if (name.startsWith(prefix)) this.#saved.set(name.slice(prefix.length), base64);
    }
  }

  get alive(): boolean {
    return this.#process !== null;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Its ports, once they are open; connections come to it from then on. */
  get listening(): Listening | null {
    return this.#listening;
  }

  get notReady(): string | null | undefined {
    return this.#notReady;
  }

  launch(): void {
    const { spawn, clock } = this.#options;
    this.#startedMs = clock.monotonicMs();
    const process: WorkerProcess = spawn({
      heard: (message) => this.#process === process && this.#hear(message),
      ended: (how) => this.#process === process && this.#gone(how),
    });
    this.#process = process;
    process.send(this.#bootstrap());
  }

  send(message: ToWorker): void {
    this.#process?.send(message);
  }

  /** Null: it is down, or says nothing for a second. */
  ask(about: Subject): Promise<string | null> {
    if (this.#process === null || this.#listening === null) return Promise.resolve(null);
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve) => {
      const limit = this.#options.clock.setTimer(() => answer(null), ANSWER_MS);
      const answer = (text: string | null): void => {
        limit.cancel();
        this.#answers.delete(id);
        resolve(text);
      };
      this.#answers.set(id, answer);
      this.send({ kind: "ask", id, about });
    });
  }

  /** It is not started again. */
  stayDown(): void {
    this.#closing = true;
    this.#pause?.cancel();
  }

  end(): void {
    this.stayDown();
    this.#process?.end();
  }

  kill(): void {
    this.#process?.kill();
  }

  #bootstrap(): Bootstrap {
    const { index, of, bootstrap } = this.#options;
    const whole = bootstrap();
    return {
      ...whole,
      concurrency: 1,
      // The first generation opens the ports and then gets ready; later ones join in when they can serve.
      worker: { index, of, late: !this.#first },
      limits: shareOf({ ...DEFAULT_OVERLOAD_LIMITS, ...whole.limits }, of),
      savedDir: whole.savedDir === null ? null : join(whole.savedDir, `worker-${index}`),
      saved: Object.fromEntries(this.#saved),
    };
  }

  #hear(message: FromWorker): void {
    const { heard } = this.#options;
    if (message.kind === "answer") {
      this.#answers.get(message.id)?.(message.text);
      return;
    }
    if (message.kind === "listening") {
      this.#listening = message;
      this.#first = false;
    } else if (message.kind === "ready") this.#notReady = null;
    else if (message.kind === "not-ready") this.#notReady = message.reason;
    else if (message.kind === "save") {
      this.#saved.set(message.name, message.base64);
      heard(this, { ...message, name: this.#savedName(message.name) });
      return;
    }
    heard(this, message);
  }

  #gone(how: string): void {
    const { clock, backoff, gone } = this.#options;
    this.#process = null;
    this.#listening = null;
    this.#notReady = undefined;
    for (const answer of this.#answers.values()) answer(null);
    if (this.#closing) {
      gone(this, how, null);
      return;
    }
    if (clock.monotonicMs() - this.#startedMs > STEADY_MS) backoff.reset();
    const pauseMs = backoff.nextMs();
    this.#pause = clock.setTimer(() => this.launch(), pauseMs);
    gone(this, how, pauseMs);
  }

  #savedName(name: string): string {
    return `worker-${this.index}/${name}`;
  }
}
