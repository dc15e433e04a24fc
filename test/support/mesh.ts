/**
 * A real mesh for end-to-end tests: the built bin/ programs in a state directory of their own, ended by
 * process id when the test is over. Set MESHCTL_TEST_PACKAGE to test the package in another directory.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type HomeLayout, homeLayout } from "../../src/home/layout.ts";
import { sweepMemoryDirs } from "../../src/home/memory-dir.ts";
import type { Workload } from "../../src/model/kinds/workload.ts";

export const PACKAGE = process.env.MESHCTL_TEST_PACKAGE ?? fileURLToPath(new URL("../..", import.meta.url));
export const MESHCTL = join(PACKAGE, "bin", "meshctl.js");
export const DEMO = join(PACKAGE, "templates", "demo");

/** JavaScript for `node -e`: lives until it is told to end, and says by which signal. SIGINT ends it with 5, SIGTERM with 6. */
export const PATIENT =
  "for (const s of ['SIGINT','SIGTERM','SIGHUP']) process.on(s, () => { console.log('got ' + s); if (s !== 'SIGHUP') process.exit(s === 'SIGINT' ? 5 : 6); }); setInterval(() => {}, 1000); console.log('up')";

/** Not given to the programs under test: they would change what these print or how they start. */
const DROPPED = ["MESHCTL_HOME", "NODE_OPTIONS", "NODE_TEST_CONTEXT", "FORCE_COLOR", "http_proxy", "HTTP_PROXY", "XDG_STATE_HOME"];

export interface CommandResult {
  /** 128 + n after signal n. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  readonly cwd?: string;
  readonly limitMs?: number;
}

/** A `meshctl run` (or any other long-running meshctl) in the background. */
export class Background {
  readonly child: ChildProcess;
  readonly exited: Promise<CommandResult>;
  stdout = "";
  stderr = "";

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.exited = new Promise((resolve) => {
      // Not `close`: a process left behind may keep the pipe open, and that is for the test to find out.
      child.once("exit", (code, signal) => {
        const done = (): void => resolve({ code: code ?? 128 + (SIGNALS[signal ?? ""] ?? 0), stdout: this.stdout, stderr: this.stderr });
        child.once("close", done);
        setTimeout(done, 500).unref();
      });
    });
  }

  get pid(): number {
    assert.ok(this.child.pid, "the process was never started");
    return this.child.pid;
  }

  /** Resolves with the text around when `pattern` stands in either stream. */
  async waitForOutput(pattern: RegExp, limitMs = 15_000): Promise<string> {
    return waitFor(
      `output ${pattern}`,
      () => pattern.exec(this.stdout + this.stderr)?.[0],
      limitMs,
      () => this.stdout + this.stderr,
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** SIGTERM, or kill -9 when it does not end within 10 s. */
  async stop(): Promise<CommandResult> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGTERM");
    const hard = setTimeout(() => this.child.kill("SIGKILL"), 10_000);
    try {
      return await this.exited;
    } finally {
      clearTimeout(hard);
    }
  }
}

const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

export class TestMesh {
  readonly home: string;
  readonly layout: HomeLayout;
  readonly env: Readonly<Record<string, string>>;
  readonly #backgrounds: Background[] = [];

  constructor(home: string, env: Readonly<Record<string, string>> = {}) {
    this.home = home;
    this.layout = homeLayout(home);
    this.env = { ...env, MESHCTL_HOME: home };
  }

  /** Runs one command to its end. */
  async meshctl(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const background = this.background(args, options);
    const limitMs = options.limitMs ?? 30_000;
    const timer = setTimeout(() => background.child.kill("SIGKILL"), limitMs);
    background.child.stdin?.on("error", () => {});
    background.child.stdin?.end(options.input ?? "");
    try {
      return await background.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** {@link meshctl} that must end with exit code 0; gives its stdout. */
  async ok(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    const result = await this.meshctl(args, options);
    assert.equal(result.code, 0, `meshctl ${args.join(" ")} ended with ${result.code}\n${result.stdout}${result.stderr}`);
    return result.stdout;
  }

  /** Starts a command and leaves it running; it is ended with the test. */
  background(args: readonly string[], options: CommandOptions = {}): Background {
    const env: Record<string, string | undefined> = { ...process.env };
    for (const name of DROPPED) delete env[name];
    const child = spawn(process.execPath, [MESHCTL, ...args], {
      env: { ...env, ...this.env, ...options.env },
      cwd: options.cwd ?? PACKAGE,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const background = new Background(child);
    this.#backgrounds.push(background);
    return background;
  }

  /** `meshctl run NAME flags… -- command…`, and waits until each of its services takes traffic. */
  async run(name: string, flags: readonly string[], command: readonly string[], options: CommandOptions = {}): Promise<Background> {
    const background = this.background(["run", name, ...flags, "--", ...command], options);
    const namespace = flags.includes("--namespace") ? (flags[flags.indexOf("--namespace") + 1] ?? "default") : "default";
    const ended = background.exited.then(({ code, stdout, stderr }) => {
      throw new Error(`meshctl run ${name} ended with ${code}\n${stdout}${stderr}`);
    });
    await Promise.race([ended, this.waitReady(name, namespace)]);
    ended.catch(() => {});
    return background;
  }

  /** Waits until the workload is Running and every service of it is ready. */
  async waitReady(name: string, namespace = "default", limitMs = 15_000): Promise<Workload> {
    return this.waitForWorkload(
      name,
      ({ status, spec }) => status?.phase === "Running" && status.proxyPid !== undefined && status.ready.length === spec?.services.length,
      namespace,
      limitMs,
    );
  }

  /** Waits until the Workload object is as `condition` says. */
  async waitForWorkload(
    name: string,
    condition: (workload: Workload) => boolean,
    namespace = "default",
    limitMs = 15_000,
  ): Promise<Workload> {
    let last: Workload | null = null;
    return waitFor(
      `workload ${namespace}/${name}`,
      async () => {
        last = await this.workload(name, namespace).catch(() => null);
        return last !== null && condition(last) ? last : null;
      },
      limitMs,
      () => JSON.stringify(last),
    );
  }

  /** The Workload object; null when there is none. */
  async workload(name: string, namespace = "default"): Promise<Workload | null> {
    const { status, body } = await this.api("GET", `/apis/meshctl.dev/v1alpha1/namespaces/${namespace}/workloads/${name}`);
    if (status === 404) return null;
    assert.equal(status, 200, JSON.stringify(body));
    return body as Workload;
  }

  /** One request to the controller's HTTPS port with the CLI's credential. */
  api(method: string, path: string, value?: unknown): Promise<{ readonly status: number; readonly body: unknown }> {
    const { httpsPort } = this.controller();
    const token = readFileSync(this.layout.adminTokenFile, "utf8").trim();
    return new Promise((resolve, reject) => {
      const call = request(
        {
          host: "127.0.0.1",
          port: httpsPort,
          method,
          path,
          agent: false,
          // Whether the certificate is right is the subject of other tests.
          rejectUnauthorized: false,
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          timeout: 5_000,
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk: string) => {
            text += chunk;
          });
          response.on("end", () => resolve({ status: response.statusCode ?? 0, body: parse(text) }));
          response.on("error", reject);
        },
      );
      call.on("timeout", () => call.destroy(new Error("no answer in 5 s")));
      call.on("error", reject);
      call.end(value === undefined ? undefined : JSON.stringify(value));
    });
  }

  /** What the running controller wrote about itself. */
  controller(): { readonly pid: number; readonly startedAt: string; readonly httpsPort: number; readonly discoveryPort: number } {
    return JSON.parse(readFileSync(this.layout.controllerFile, "utf8"));
  }

  /** Ends everything that was started here, then removes the state directory. */
  async close(): Promise<void> {
    await Promise.all(this.#backgrounds.map((background) => background.stop()));
    for (const pid of this.#leftovers()) kill(pid);
    // Keys of sidecars that were killed.
    sweepMemoryDirs({ env: process.env, uid: process.getuid?.(), root: this.home }, []);
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  /** The controller, and whatever a killed supervisor noted before it went. */
  #leftovers(): readonly number[] {
    const pids: number[] = [];
    if (existsSync(this.layout.controllerFile)) pids.push(this.controller().pid);
    if (existsSync(this.layout.runDir)) {
      for (const name of readdirSync(this.layout.runDir)) {
        const record = parse(readFileSync(join(this.layout.runDir, name), "utf8")) as { appPid?: number; proxyPid?: number } | null;
        for (const pid of [record?.appPid, record?.proxyPid]) if (pid) pids.push(pid);
      }
    }
    // Numbers are used again: only what still looks like ours.
    return pids.filter((pid) => /meshctl|templates|node/.test(commandLine(pid)));
  }
}

/** A state directory of its own without a controller; removed, and its processes ended, with the test. */
export function emptyMesh(t: Pick<TestContext, "after">, env: Readonly<Record<string, string>> = {}): TestMesh {
  const mesh = new TestMesh(join(mkdtempSync(join(tmpdir(), "meshctl-e2e-")), "home"), env);
  t.after(async () => {
    await mesh.close();
    rmSync(join(mesh.home, ".."), { recursive: true, force: true });
  });
  return mesh;
}

/** A running control plane in a state directory of its own. */
export async function startMesh(t: Pick<TestContext, "after">, env: Readonly<Record<string, string>> = {}): Promise<TestMesh> {
  const mesh = emptyMesh(t, env);
  await mesh.ok(["install", "--local"]);
  return mesh;
}

/** Looks every 25 ms until `look` gives something; fails with `what` and `seen()` after `limitMs`. */
export async function waitFor<T>(
  what: string,
  look: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  limitMs = 10_000,
  seen: () => string = () => "",
): Promise<T> {
  const started = performance.now();
  for (;;) {
    const value = await look();
    if (value !== null && value !== undefined && value !== false) return value;
    if (performance.now() - started > limitMs) assert.fail(`${what}: not within ${limitMs} ms\n${seen()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A port of the loopback address that nothing listens on right now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Whether the process runs; one that has ended and waits for its parent does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat[stat.lastIndexOf(")") + 2] !== "Z";
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
