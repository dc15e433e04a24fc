import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";

/**
 * Ends the command when its supervisor dies in a way that leaves no time to do so (kill -9, out of memory).
 *
 * A shell, about 1 MB, reads from a pipe whose other end only the supervisor holds: every line is the process
 * group to end, an empty one says that there is none. At end of file the supervisor is gone, however it went,
 * and the shell ends the group: SIGTERM, two seconds, SIGKILL. A process group rather than Linux's parent-death
 * signal: that one reaches only the direct child, and `npm start` has its program two levels below. The shell is
 * in a session of its own so that nothing aimed at the supervisor's group or terminal ends it first.
 */
const SCRIPT = `trap '' HUP INT TERM
group=
while read -r line; do group=$line; done
[ -n "$group" ] || exit 0
kill -TERM "-$group" 2>/dev/null || exit 0
for _ in 1 2 3 4 5 6 7 8; do
  sleep 0.25
  kill -0 "-$group" 2>/dev/null || exit 0
done
kill -KILL "-$group" 2>/dev/null`;

export class Watchdog {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = spawn("/bin/sh", ["-c", SCRIPT, "meshctl-watchdog"], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      cwd: "/",
      env: { PATH: "/usr/bin:/bin" },
    });
    // Without a shell there is no safety net; everything else still works.
    this.#child.once("error", () => {});
    this.#pipe.on("error", () => {});
    this.#child.unref();
    (this.#pipe as Writable & { unref?: () => void }).unref?.();
  }

  get #pipe(): Writable {
    return this.#child.stdin as Writable;
  }

  /** From now on the process group of `pid` goes when the supervisor does. Written at once: a pipe this empty never blocks. */
  guard(pid: number): void {
    this.#pipe.write(`${pid}\n`);
  }

  /** The command has ended by itself: its number may belong to another soon. */
  release(): void {
    this.#pipe.write("\n");
  }

  close(): void {
    this.#pipe.end();
  }
}
