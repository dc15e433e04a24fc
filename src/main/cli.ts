import { homedir } from "node:os";
import { run } from "../cli/run.ts";
import type { EndSignal } from "../cli/invocation.ts";
import { systemClock } from "../lib/clock.ts";
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
process.exit(exitCode);
