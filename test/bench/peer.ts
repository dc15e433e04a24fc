import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { connect } from "node:net";

/** A proxy under load, running. */
export interface RunningPeer {
  /** Its CPU is counted with its children's. */
  readonly pid: number;
  readonly port: number;
  /** What it is set to, as it says itself where it can. */
  describe(): Promise<string>;
  stop(): Promise<void>;
}

export interface Peer {
  readonly name: string;
  /** Version, or null when the machine has none. */
  version(): string | null;
  /** In front of a backend on 127.0.0.1:`backendPort`, on core `core`. */
  start(folder: string, backendPort: number, core: number): Promise<RunningPeer>;
}

/** First line a program prints about itself, or null when there is no such program. */
export function versionOf(program: string, args: readonly string[]): string | null {
  const result = spawnSync(program, args, { encoding: "utf8" });
  if (result.error !== undefined) return null;
  return `${result.stdout}${result.stderr}`.split("\n")[0]?.trim() ?? "";
}

const live = new Set<ChildProcess>();

/** Starts `program` on core `core`; its errors are shown. */
export function spawnPinned(core: number, program: string, args: readonly string[], ipc = false): ChildProcess {
  const child = spawn("taskset", ["-c", String(core), program, ...args], {
    stdio: ipc ? ["ignore", "ignore", "inherit", "ipc"] : ["ignore", "ignore", "inherit"],
  });
  return watched(child);
}

/** Ends with the benchmark at the latest. */
export function watched<C extends ChildProcess>(child: C): C {
  live.add(child);
  child.once("exit", () => live.delete(child));
  return child;
}

/** The last thing before the benchmark ends: whatever it still has running. */
export function killAll(): void {
  // nginx's master passes a SIGTERM on to its workers; after SIGKILL they would stay.
  for (const child of live) child.kill("SIGTERM");
}

/** Ends a process by itself, or after `limitMs` by force. */
export async function stopChild(child: ChildProcess, limitMs = 2_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), limitMs);
  await ended;
  clearTimeout(killer);
}

/** Waits until something accepts on `port`. */
export async function untilAccepts(port: number): Promise<void> {
  const limit = Date.now() + 10_000;
  while (!(await accepts(port))) {
    if (Date.now() > limit) throw new Error(`nothing listens on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
