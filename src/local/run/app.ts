import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { type Clock, sleep } from "../../lib/clock.ts";
import { signalProcess } from "../process.ts";
import { LinePrefix } from "./line-prefix.ts";
import { Watchdog } from "./watchdog.ts";

/** How a command ended. */
export interface AppEnd {
  /** As a shell would say it: 128 + n after signal n, 127 and 126 when it could not be started. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | null;
  /** Set when it could not be started: why. */
  readonly startError: string | null;
}

export interface AppOptions {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: LinePrefix;
  readonly stderr: LinePrefix;
  readonly clock: Clock;
}

/** Output may still be in the pipe when the program has ended; one that left the group may hold the pipe open for good. */
const LAST_OUTPUT_MS = 1_000;

/** The user's command, in a process group of its own, so that signals reach all of it. */
export class App {
  readonly ended: Promise<AppEnd>;
  readonly #child: ChildProcess;
  readonly #watchdog = new Watchdog();
  #running = true;

  constructor(options: AppOptions) {
    const [program, ...args] = options.command;
    this.#child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ["inherit", "pipe", "pipe"],
      detached: true,
    });
    if (this.#child.pid !== undefined) this.#watchdog.guard(this.#child.pid);
    this.#child.stdout?.on("data", (chunk: Buffer) => options.stdout.push(chunk));
    this.#child.stderr?.on("data", (chunk: Buffer) => options.stderr.push(chunk));
    this.ended = this.#waitForEnd(options);
  }

  /** Null when it could not be started. */
  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** To the whole group: a shell or npm between us and the program does not always pass signals on. */
  signal(signal: NodeJS.Signals): void {
    if (this.#running && this.#child.pid !== undefined) signalProcess(-this.#child.pid, signal);
  }

  async #waitForEnd({ stdout, stderr, clock }: AppOptions): Promise<AppEnd> {
    const closed = new Promise<void>((resolve) => this.#child.once("close", () => resolve()));
    const end = await new Promise<AppEnd>((resolve) => {
      this.#child.once("error", (error: NodeJS.ErrnoException) => {
        if (this.#child.pid === undefined) resolve(notStarted(error));
      });
      this.#child.once("exit", (code, signal) => resolve(endOf(code, signal)));
    });
    // What it left behind in its group ends with it.
    this.signal("SIGTERM");
    this.#running = false;
    this.#watchdog.release();
    this.#watchdog.close();
    if (end.startError === null) await Promise.race([closed, sleep(clock, LAST_OUTPUT_MS)]);
    stdout.end();
    stderr.end();
    return end;
  }
}

function endOf(code: number | null, signal: NodeJS.Signals | null): AppEnd {
  const exitCode = signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0);
  return { exitCode, signal, startError: null };
}

function notStarted(error: NodeJS.ErrnoException): AppEnd {
  if (error.code === "ENOENT") return { exitCode: 127, signal: null, startError: "there is no such program" };
  return { exitCode: 126, signal: null, startError: error.code === "EACCES" ? "it may not be executed" : error.message };
}
