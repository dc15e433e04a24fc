import { homedir } from "node:os";
import { systemClock } from "../lib/clock.ts";
import { EXIT, messageOf, UserError } from "../lib/errors.ts";
import { systemRandom } from "../lib/random.ts";
import { createLogger } from "../telemetry/log.ts";
import { type RunningController, startController } from "./controller/assemble.ts";
import { controllerSettings } from "./controller/settings.ts";

/** A stop that takes longer than this is ended. */
const STOP_LIMIT_MS = 8_000;

let stopping = false;
let running: RunningController | null = null;

try {
  const settings = controllerSettings(process.env, homedir());
  const log = createLogger({
    level: settings.logLevel,
    format: "json",
    clock: systemClock,
    write: (line) => void process.stderr.write(line),
  });
  process.on("uncaughtException", (error) => {
    log.error("unexpected error; the controller ends", { error: error.stack });
    process.exit(EXIT.INTERNAL);
  });
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info("stopping", { signal });
    systemClock.setTimer(() => process.exit(EXIT.INTERNAL), STOP_LIMIT_MS, { unref: true });
    await running?.stop();
    log.info("stopped");
    process.exit(EXIT.OK);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(signal));
  // A terminal that closes is no reason to end: the controller belongs to the machine.
  process.on("SIGHUP", () => {});
  running = await startController(settings, {
    clock: systemClock,
    random: systemRandom,
    log,
    pid: process.pid,
    uid: process.getuid?.(),
    nodeVersion: process.version,
  });
} catch (error) {
  const hint = error instanceof UserError && error.hint !== undefined ? `\n  ${error.hint}` : "";
  const text = error instanceof UserError ? `Error: ${error.message}${hint}` : `Error: the controller cannot start: ${describe(error)}`;
  process.stderr.write(`${text}\n`);
  process.exit(error instanceof UserError ? error.exitCode : EXIT.INTERNAL);
}

function describe(error: unknown): string {
  return process.env.MESHCTL_DEBUG && error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
}
