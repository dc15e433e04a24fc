/** The sidecar's process: one channel to its supervisor, one proxy, signals and exit. */
import { systemClock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import { systemRandom } from "../lib/random.ts";
import type { Bootstrap, FromProxy, ToProxy } from "../messages/bootstrap.ts";
import { Proxy } from "../proxy/runtime/proxy.ts";
import { createLogger, type RootLogger } from "../telemetry/log.ts";

/** Without a bootstrap by then nobody is going to send one. */
const BOOTSTRAP_MS = 10_000;
const EXIT_FAILED = 1;

const log: RootLogger = createLogger({ level: "info", format: "text", clock: systemClock, write: (line) => process.stderr.write(line) });
let proxy: Proxy | null = null;
let ending = false;

function tell(message: FromProxy, sent: () => void = () => {}): void {
  // A channel that has just closed is noticed by `disconnect`.
  if (process.connected) process.send?.(message, undefined, undefined, sent);
  else sent();
}

/** A problem the supervisor shows its user: one sentence, then the end. */
function fatal(message: string): void {
  log.error(message);
  tell({ kind: "fatal", message }, () => process.exit(EXIT_FAILED));
}

async function begin(bootstrap: Bootstrap): Promise<void> {
  impatience.cancel();
  log.setLevel(bootstrap.logLevel);
  try {
    proxy = new Proxy({ bootstrap, clock: systemClock, random: systemRandom, log, tell });
    await proxy.start();
  } catch (error) {
    fatal(messageOf(error));
  }
}

function end(why: string, orphaned = false): void {
  if (ending) return;
  ending = true;
  log.info(`ending: ${why}`);
  if (proxy === null) process.exit(0);
  const ended = proxy;
  const exit = (): void => {
    ended.close();
    process.exit(0);
  };
  if (orphaned) ended.orphaned(exit);
  else ended.shutDown(exit);
}

const impatience = systemClock.setTimer(() => fatal("no bootstrap came: this program is started by `meshctl run`"), BOOTSTRAP_MS);

if (process.send === undefined) {
  process.stderr.write("meshctl-proxy is started by `meshctl run`, which tells it what to serve.\n");
  process.exit(2);
}
process.on("message", (message) => {
  const order = message as ToProxy;
  if (order.kind === "bootstrap") void begin(order);
  else if (order.kind === "token") proxy?.giveToken(order.joinToken);
  else if (order.kind === "controller") proxy?.controllerMoved(order);
  else proxy?.drain(() => tell({ kind: "drained" }));
});
process.on("disconnect", () => end("the supervisor is gone", true));
process.on("SIGTERM", () => end("SIGTERM"));
process.on("SIGINT", () => end("SIGINT"));
process.on("uncaughtException", (error) => {
  // For whoever mends it, in the log; the user gets a sentence.
  log.error(error.stack ?? error.message);
  fatal(`internal error: ${error.message}`);
});
