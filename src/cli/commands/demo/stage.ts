import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { UserError } from "../../../lib/errors.ts";
import type { Host } from "../../../local/host.ts";
import { programFile } from "../../../local/programs.ts";
import type { Context } from "../../context.ts";
import { createStyle, type Style } from "../../output/style.ts";
import { formatShare, isWithin, type Share } from "./share.ts";

/** What a command of the tour printed, and how it ended. */
export interface Shown {
  readonly code: number;
  readonly output: string;
}

/** No command of the tour takes this long; one that waits for something that never comes must not hold it up. */
const COMMAND_LIMIT_MS = 40_000;

/** Where the tour plays: runs the real program in the demo's own state directory, and shows what it prints. */
export class Stage {
  readonly host: Host;
  readonly style: Style;
  readonly #context: Context;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #failures: string[] = [];
  #step = 0;
  readonly #steps: number;

  constructor(context: Context, host: Host, steps: number) {
    this.#context = context;
    this.host = host;
    this.#steps = steps;
    this.style = createStyle(context.colour.stdout);
    this.#env = { ...context.env, MESHCTL_HOME: host.layout.root, ...(context.colour.stdout ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }) };
  }

  /** Everything measured that was not as it should be. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  heading(title: string): void {
    this.#step += 1;
    this.#context.print(`\n${this.style.strong(`${this.#step}/${this.#steps} ${title}`)}`);
  }

  text(line: string): void {
    this.#context.print(this.style.dim(line));
  }

  /** A command as one would type it. */
  line(command: string): void {
    this.#context.print(`${this.style.accent("$")} ${command}`);
  }

  /** A measured value: it must be so. */
  measured(text: string, good: boolean): void {
    this.#context.print(`  ${good ? this.style.good("√") : this.style.bad("×")} ${text}`);
    if (!good) this.#failures.push(text);
  }

  share(share: Share): void {
    this.measured(formatShare(share), isWithin(share));
  }

  /** Shows the command, runs it, shows what it prints. Throws a UserError when it ends with a code other than 0. */
  async meshctl(...args: readonly string[]): Promise<string> {
    return this.#show(["meshctl", ...args].map(quoted).join(" "), this.host.nodePath, [programFile("meshctl"), ...args]);
  }

  /** The same for another program, shown as `name`. */
  async show(name: string, program: string, ...args: readonly string[]): Promise<string> {
    return this.#show([name, ...args].map(quoted).join(" "), program, args);
  }

  /** The same for a line of a shell. */
  async shell(line: string): Promise<string> {
    return this.#show(line, "/bin/sh", ["-c", line]);
  }

  async #show(line: string, program: string, args: readonly string[]): Promise<string> {
    this.line(line);
    const { code, output } = await this.capture(program, args, (text) => void this.#context.stdout.write(text));
    if (code !== 0) throw new UserError(`the tour stops: ${line} ended with exit code ${code}`);
    return output;
  }

  /** Runs meshctl without showing it: for what the tour itself must know. */
  async ask(...args: readonly string[]): Promise<Shown> {
    return this.capture(this.host.nodePath, [programFile("meshctl"), ...args], null);
  }

  /** Rejects when the program cannot be started. */
  async capture(program: string, args: readonly string[], show: ((text: string) => void) | null): Promise<Shown> {
    const showing = {
      preserveNewlines: true,
      *transform(text: unknown) {
        show?.(String(text));
        yield text;
      },
    };
    const { exitCode, signal, stdout, cause } = await execa(program, args, {
      env: this.#env,
      extendEnv: false,
      stdin: "ignore",
      stdout: showing,
      stderr: show === null ? "ignore" : showing,
      stripFinalNewline: false,
      reject: false,
      timeout: COMMAND_LIMIT_MS,
      killSignal: "SIGKILL",
    });
    if (exitCode === undefined && signal === undefined) throw cause;
    return { code: exitCode ?? 1, output: stdout };
  }

  /** Shows a `meshctl run …` and starts it in the background, where it outlives the tour; its output goes to a log file. */
  startRun(name: string, flags: readonly string[], command: readonly string[]): void {
    const args = ["run", name, ...flags, "--", ...command];
    this.line(`${["meshctl", ...args].map(quoted).join(" ")} &`);
    mkdirSync(this.#logs, { recursive: true, mode: 0o700 });
    const log = openSync(this.runLog(name), "a", 0o600);
    // Nothing is waited for or collected here, so execa has nothing to add.
    const child = spawn(this.host.nodePath, [programFile("meshctl"), ...args], {
      env: this.#env,
      detached: true,
      stdio: ["ignore", log, log],
    });
    child.on("error", () => {});
    child.unref();
    closeSync(log);
  }

  runLog(name: string): string {
    return join(this.#logs, `run.${name}.log`);
  }

  get #logs(): string {
    return join(this.host.layout.local, "logs");
  }
}

/** As one would type it in a shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
