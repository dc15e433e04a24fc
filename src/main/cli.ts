import { homedir } from "node:os";
import { run } from "../cli/run.ts";
import type { EndSignal } from "../cli/invocation.ts";
import { systemClock } from "../lib/clock.ts";
import { EXIT } from "../lib/errors.ts";
import { systemRandom } from "../lib/random.ts";

const END_SIGNALS: readonly EndSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Reasons of a write that failed, in the words of a person. */
const WRITE_FAILURES: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on device",
  EIO: "input/output error",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file is as large as it may be",
};

/** Asked to end in order when nobody reads any more: what must leave nothing behind. */
const outputLost = new Set<() => void>();
let failed = false;

for (const stream of [process.stdout, process.stderr]) stream.on("error", (error) => writeFailed(stream, error));

/** `meshctl get … | head`: the reader has seen enough, which is no error. A full disk is one, and is said once. */
function writeFailed(stream: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  if (failed) return;
  failed = true;
  const isPipe = error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED";
  if (!isPipe && stream !== process.stderr) {
    process.stderr.write(`Error: cannot write the output: ${WRITE_FAILURES[error.code ?? ""] ?? error.message}\n`);
  }
  if (outputLost.size === 0) process.exit(isPipe ? EXIT.OK : EXIT.NOT_FINE);
  for (const listener of outputLost) listener();
}

const exitCode = await run({
  argv: process.argv.slice(2),
  env: { ...process.env },
  cwd: process.cwd(),
  userHome: homedir(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  openPrompt:
    process.stdin.isTTY && process.stderr.isTTY
      ? async () => (await import("../cli/prompt/terminal.ts")).terminalPrompt({ input: process.stdin, output: process.stderr })
      : null,
  clock: systemClock,
  random: systemRandom,
  pid: process.pid,
  uid: process.getuid?.(),
  nodeVersion: process.version,
  nodePath: process.execPath,
  scriptPath: process.argv[1] ?? "",
  onSignal(handler) {
    const listeners = END_SIGNALS.map((signal) => ({ signal, listener: () => handler(signal) }));
    for (const { signal, listener } of listeners) process.on(signal, listener);
    return () => {
      for (const { signal, listener } of listeners) process.off(signal, listener);
    };
  },
  onOutputLost(handler) {
    outputLost.add(handler);
    return () => void outputLost.delete(handler);
  },
});
// What a pipe has not taken yet would be lost; somebody who cut it short does not wait for it.
if (exitCode !== EXIT.INTERRUPTED) await Promise.all([process.stdout, process.stderr].map(flushed));
process.exit(exitCode);

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}
