import { homedir } from "node:os";
import { run } from "../cli/run.ts";
import type { EndSignal } from "../cli/invocation.ts";
import { systemClock } from "../lib/clock.ts";
import { EXIT } from "../lib/errors.ts";
import { systemRandom } from "../lib/random.ts";

const END_SIGNALS: readonly EndSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

// `meshctl get … | head`: the reader has seen enough, which is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
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
});
// What a pipe has not taken yet would be lost; somebody who cut it short does not wait for it.
if (exitCode !== EXIT.INTERRUPTED) await Promise.all([process.stdout, process.stderr].map(flushed));
process.exit(exitCode);

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}
