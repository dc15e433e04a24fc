import { Backoff } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import { UserError } from "../../lib/errors.ts";
import type { Random } from "../../lib/random.ts";
import type { Bootstrap, FromProxy } from "../../messages/bootstrap.ts";
import { parseLogLevel, type RootLogger } from "../../telemetry/log.ts";
import { Admin } from "../runtime/admin.ts";
import { GroupFigures } from "./group-figures.ts";
import type { SpawnWorker } from "./messages.ts";
import { Worker } from "./worker.ts";

export interface WorkerGroupOptions {
  readonly bootstrap: Bootstrap;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: RootLogger;
  readonly spawn: SpawnWorker;
  /** To the supervisor, as one proxy. */
  tell(message: FromProxy): void;
  /** Nothing can be served any more: the last worker has ended, and with it the ports. */
  failed(message: string): void;
}

const BACKOFF = { initialMs: 200, maxMs: 5_000 };
/** Beyond its drain limit a worker should have ended by itself. */
const KILL_AFTER_MS = 2_000;

/**
 * Several processes that are one proxy: to its supervisor, to the controller's status and to whoever reads its
 * metrics. Each worker has its own key and leaf, its own discovery stream and its own part of every limit; they
 * share the ports (`node:cluster` deals connections out in turn). This process carries no traffic.
 */
export class WorkerGroup {
  readonly #options: WorkerGroupOptions;
  readonly #workers: readonly Worker[];
  readonly #figures: GroupFigures;
  readonly #admin: Admin;
  #bootstrap: Bootstrap;
  #adminPort = 0;
  #started: { readonly done: () => void; readonly failed: (error: Error) => void } | null = null;
  /** What the supervisor was told last; undefined: nothing. */
  #told: string | null | undefined;
  /** Workers that wait for a token. */
  readonly #tokenless = new Set<Worker>();
  /** Inbound is over for good: also for a worker that joins in. */
  #drains = false;
  readonly #whenDrained: (() => void)[] = [];
  readonly #draining = new Set<Worker>();
  #ended: (() => void) | null = null;
  #logLevel: string;

  constructor(options: WorkerGroupOptions) {
    const { bootstrap, clock, random, spawn } = options;
    this.#options = options;
    this.#bootstrap = bootstrap;
    this.#logLevel = bootstrap.logLevel;
    const of = bootstrap.concurrency ?? 1;
    this.#workers = Array.from(
      { length: of },
      (_, place) =>
        new Worker({
          index: place + 1,
          of,
          clock,
          backoff: new Backoff(BACKOFF, random),
          spawn,
          bootstrap: () => this.#bootstrap,
          heard: (worker, message) => this.#hear(worker, message),
          gone: (worker, how, pauseMs) => this.#gone(worker, how, pauseMs),
        }),
    );
    this.#figures = new GroupFigures(this.#workers, clock.nowMs());
    this.#admin = new Admin({
      notReady: () => this.#notReady(),
      metrics: () => this.#figures.metrics(),
      config: () => this.#figures.each("config"),
      clusters: () => this.#figures.each("clusters"),
      certificate: () => this.#figures.each("certificate"),
      drain: () => this.drain(() => {}),
      logLevel: () => this.#logLevel,
      setLogLevel: (level) => this.#setLogLevel(level),
    });
  }

  /** Resolves when every worker listens. Rejects with a UserError when one cannot. */
  async start(): Promise<void> {
    this.#adminPort = await this.#admin.listen(this.#bootstrap.adminPort);
    await new Promise<void>((done, failed) => {
      this.#started = { done, failed };
      for (const worker of this.#workers) worker.launch();
    });
  }

  /** Of all workers, as one text. */
  metrics(): Promise<string> {
    return this.#figures.metrics();
  }

  controllerMoved(to: Bootstrap["controller"]): void {
    this.#bootstrap = { ...this.#bootstrap, controller: to };
    for (const worker of this.#workers) worker.send({ kind: "controller", ...to });
  }

  giveToken(joinToken: string): void {
    this.#bootstrap = { ...this.#bootstrap, joinToken };
    for (const worker of this.#tokenless) worker.send({ kind: "token", joinToken });
    this.#tokenless.clear();
  }

  drain(done: () => void): void {
    this.#drains = true;
    this.#whenDrained.push(done);
    for (const worker of this.#workers) {
      if (worker.listening === null) continue;
      this.#draining.add(worker);
      worker.send({ kind: "drain" });
    }
    this.#checkDrained();
  }

  shutDown(done: () => void): void {
    this.#end(done, (worker) => worker.end());
  }

  orphaned(done: () => void): void {
    this.#end(done, (worker) => {
      worker.stayDown();
      worker.send({ kind: "orphaned" });
    });
  }

  close(): void {
    this.#admin.close();
    for (const worker of this.#workers) worker.kill();
  }

  #end(done: () => void, how: (worker: Worker) => void): void {
    this.#ended = done;
    this.#started = null;
    const { clock, bootstrap } = this.#options;
    clock.setTimer(() => this.close(), bootstrap.drainMs + KILL_AFTER_MS, { unref: true });
    for (const worker of this.#workers) how(worker);
    this.#checkEnded();
  }

  #hear(worker: Worker, message: FromProxy): void {
    switch (message.kind) {
      case "listening":
        this.#listens(worker);
        break;
      case "need-token":
        this.#tokenless.add(worker);
        if (this.#tokenless.size === 1) this.#options.tell(message);
        break;
      case "save":
        this.#options.tell(message);
        break;
      case "drained":
        this.#draining.delete(worker);
        this.#checkDrained();
        break;
      case "fatal":
        if (this.#started === null) this.#options.log.warn(`worker ${worker.index}: ${message.message}`);
        else this.#failStart(message.message);
        break;
      default:
    }
    this.#tellReadiness();
  }

  #listens(worker: Worker): void {
    if (this.#drains) worker.send({ kind: "drain" });
    const first = this.#workers.map(({ listening }) => listening);
    const [ports] = first;
    if (this.#started === null || ports == null || first.includes(null)) return;
    this.#options.tell({ ...ports, admin: this.#adminPort });
    this.#started.done();
    this.#started = null;
  }

  #failStart(message: string): void {
    this.#started?.failed(new UserError(message));
    this.#started = null;
  }

  #gone(worker: Worker, how: string, pauseMs: number | null): void {
    this.#tokenless.delete(worker);
    this.#draining.delete(worker);
    this.#figures.gone(worker);
    this.#checkDrained();
    this.#checkEnded();
    if (pauseMs === null) return;
    if (this.#started !== null) {
      this.#failStart(`a worker could not be started: it ${how}`);
      return;
    }
    this.#options.log.warn(`worker ${worker.index} ${how}; it is started again, the others go on`);
    // Who held the ports is gone: only our supervisor knows them now.
    if (this.#workers.every(({ listening }) => listening === null)) this.#options.failed(`the last worker ${how}`);
    else this.#tellReadiness();
  }

  /** One proxy is ready when every worker that gets connections is; one that is being started gets none yet. */
  #notReady(): string | null {
    const listening = this.#workers.filter((worker) => worker.listening !== null);
    if (this.#started !== null || listening.length === 0) return "starting";
    const waiting = listening.find(({ notReady }) => notReady !== null);
    return waiting === undefined ? null : (waiting.notReady ?? "starting");
  }

  #tellReadiness(): void {
    if (this.#started !== null || this.#ended !== null) return;
    const reason = this.#notReady();
    if (reason === this.#told || reason === "starting") return;
    this.#told = reason;
    this.#options.log.info(reason === null ? "ready" : `not ready: ${reason}`);
    this.#options.tell(reason === null ? { kind: "ready" } : { kind: "not-ready", reason });
  }

  #setLogLevel(text: string): boolean {
    const level = parseLogLevel(text);
    if (level === null) return false;
    this.#logLevel = level;
    this.#options.log.setLevel(level);
    for (const worker of this.#workers) worker.send({ kind: "log-level", level });
    return true;
  }

  #checkDrained(): void {
    if (this.#draining.size > 0) return;
    for (const done of this.#whenDrained.splice(0)) done();
  }

  #checkEnded(): void {
    if (this.#ended === null || this.#workers.some(({ alive }) => alive)) return;
    const done = this.#ended;
    this.#ended = null;
    done();
  }
}
