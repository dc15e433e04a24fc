import { type ChildProcess, fork } from "node:child_process";
import { closeSync } from "node:fs";
import type { Backoff } from "../../lib/backoff.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import type { Bootstrap, FromProxy, ToProxy } from "../../messages/bootstrap.ts";
import { openLog } from "../log-file.ts";
import { endProcess } from "../process.ts";
import { within } from "../wait.ts";
import type { SidecarPorts } from "./environment.ts";

/** `starting` until its first identity and configuration, `down` between a death and the next start. */
export type SidecarPhase = "starting" | "ready" | "not-ready" | "down";

export interface SidecarOptions {
  /** Ports 0 and token of the first start; later ones keep the ports that were bound. */
  readonly bootstrap: Bootstrap;
  /** A new join token; rejects when the controller cannot give one now. */
  readonly freshToken: () => Promise<string>;
  /** File of the proxy program, and node's flags for it. */
  readonly program: string;
  readonly flags: readonly string[];
  /** The sidecar's own log goes to the end of this file. */
  readonly logFile: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly backoff: Backoff;
  readonly clock: Clock;
  /** Phase, process id or reason is another now. */
  readonly changed: () => void;
  /** Sentences for the user. */
  readonly say: (text: string) => void;
}

/** Up for this long: the next death starts from the shortest pause again. */
const STEADY_MS = 30_000;
const LISTENING_WITHIN_MS = 15_000;
const TOKEN_RETRY_MS = 2_000;

/** The proxy process beside one instance: started, restarted on the same ports when it dies, drained, ended. */
export class Sidecar {
  readonly #options: SidecarOptions;
  #bootstrap: Bootstrap;
  #child: ChildProcess | null = null;
  #phase: SidecarPhase = "starting";
  #reason: string | null = null;
  #fatal: string | null = null;
  #closing = false;
  #startedAtMs = 0;
  #timer: Timer | null = null;
  #draining: Promise<void> | null = null;
  #drained: () => void = () => {};
  #bound: { readonly done: (ports: SidecarPorts) => void; readonly failed: (error: Error) => void } | null = null;
  /** Handed over by the proxy where there is no directory in memory. */
  readonly #saved = new Map<string, string>();

  constructor(options: SidecarOptions) {
    this.#options = options;
    this.#bootstrap = options.bootstrap;
  }

  get phase(): SidecarPhase {
    return this.#phase;
  }

  /** Why it is not ready, in its own words. */
  get reason(): string | null {
    return this.#reason;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Resolves when every listener is bound; rejects when that fails the first time. */
  start(): Promise<SidecarPorts> {
    return new Promise((resolve, reject) => {
      this.#bound = { done: resolve, failed: reject };
      this.#timer = this.#options.clock.setTimer(() => this.#startFailed("it did not open its ports in time"), LISTENING_WITHIN_MS);
      this.#launch();
    });
  }

  /** The controller is elsewhere now: for the proxy that runs, and for those after it. */
  controllerMoved(to: Bootstrap["controller"]): void {
    this.#bootstrap = { ...this.#bootstrap, controller: to };
    this.#tell({ kind: "controller", ...to });
  }

  /** Inbound ends as its calls end; resolves when none is left, at the latest after `limitMs`. Asked again, it waits for the first. */
  async drain(limitMs: number): Promise<void> {
    this.#draining ??= new Promise((resolve) => {
      this.#closing = true;
      this.#drained = resolve;
      if (this.#child === null) resolve();
      else this.#tell({ kind: "drain" });
    });
    await within(this.#options.clock, limitMs, this.#draining);
  }

  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#timer?.cancel();
    const pid = this.pid;
    if (pid !== null) await endProcess(pid, this.#options.clock, graceMs);
  }

  #launch(): void {
    const { logFile, env, clock, program, flags } = this.#options;
    const log = openLog(logFile);
    // A session of its own: Ctrl-C in the terminal is for the supervisor, which ends things in order.
    const child = fork(program, [], {
      execArgv: [...flags],
      stdio: ["ignore", log, log, "ipc"],
      detached: true,
      cwd: "/",
      env: sidecarEnvironment(env),
    });
    closeSync(log);
    this.#child = child;
    this.#fatal = null;
    this.#startedAtMs = clock.monotonicMs();
    child.on("message", (message) => this.#hear(message as FromProxy));
    child.once("error", (error) => this.#gone(child, `it could not be started: ${error.message}`));
    child.once("exit", (code, signal) =>
      this.#gone(child, signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`),
    );
    this.#tell({ ...this.#bootstrap, ...(this.#saved.size > 0 ? { saved: Object.fromEntries(this.#saved) } : {}) });
    this.#options.changed();
  }

  #tell(message: ToProxy): void {
    // A channel that has just closed is noticed by the exit event.
    this.#child?.send(message, () => {});
  }

  #hear(message: FromProxy): void {
    switch (message.kind) {
      case "listening":
        this.#keepPorts(message);
        break;
      case "ready":
        this.#become("ready", null);
        break;
      case "not-ready":
        this.#become("not-ready", message.reason);
        break;
      case "need-token":
        void this.#renewToken();
        break;
      case "save":
        this.#saved.set(message.name, message.base64);
        break;
      case "drained":
        this.#drained();
        break;
      case "fatal":
        this.#fatal = message.message;
        break;
    }
  }

  #keepPorts(ports: SidecarPorts): void {
    this.#bootstrap = {
      ...this.#bootstrap,
      inbound: this.#bootstrap.inbound.map((listener, index) => ({ ...listener, listenPort: ports.inbound[index] ?? listener.listenPort })),
      upstreams: this.#bootstrap.upstreams.map((listener, index) => ({
        ...listener,
        listenPort: ports.upstreams[index] ?? listener.listenPort,
      })),
      outboundPort: ports.outbound,
      adminPort: ports.admin,
    };
    if (this.#bound === null) return;
    this.#timer?.cancel();
    this.#bound.done(ports);
    this.#bound = null;
  }

  #become(phase: SidecarPhase, reason: string | null): void {
    this.#phase = phase;
    this.#reason = reason;
    this.#options.changed();
  }

  #gone(child: ChildProcess, how: string): void {
    if (this.#child !== child) return;
    this.#child = null;
    const why = this.#fatal ?? how;
    this.#drained();
    if (this.#bound !== null) return this.#startFailed(why);
    this.#become("down", why);
    if (this.#closing) return;
    const { backoff, clock, say } = this.#options;
    if (clock.monotonicMs() - this.#startedAtMs > STEADY_MS) backoff.reset();
    const pauseMs = backoff.nextMs();
    say(`the sidecar is gone (${why}); it is started again, no traffic comes in meanwhile`);
    this.#timer = clock.setTimer(() => void this.#restart(), pauseMs);
  }

  /** With the controller away it goes on with what it saved: then the old token does no harm, and no good. */
  async #restart(): Promise<void> {
    const joinToken = await this.#options.freshToken().catch(() => this.#bootstrap.joinToken);
    if (this.#closing) return;
    this.#bootstrap = { ...this.#bootstrap, joinToken };
    this.#launch();
  }

  async #renewToken(): Promise<void> {
    const child = this.#child;
    try {
      this.#tell({ kind: "token", joinToken: await this.#options.freshToken() });
    } catch {
      if (this.#child === child && !this.#closing)
        this.#options.clock.setTimer(() => void this.#renewToken(), TOKEN_RETRY_MS, { unref: true });
    }
  }

  #startFailed(why: string): void {
    this.#timer?.cancel();
    this.#closing = true;
    this.#bound?.failed(new Error(why));
    this.#bound = null;
  }
}

/** The user's secrets and NODE_OPTIONS are the command's business, not the sidecar's. */
function sidecarEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  const { PATH, TZ, LANG, NODE_V8_COVERAGE } = env;
  return { PATH, TZ, LANG, NODE_V8_COVERAGE };
}
