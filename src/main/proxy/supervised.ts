/** The sidecar under `meshctl run`, and each process of several: one channel to its supervisor, one proxy, signals and exit. */
import { systemClock, type Timer } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { systemRandom } from "../../lib/random.ts";
import type { Bootstrap } from "../../messages/bootstrap.ts";
import { Proxy } from "../../proxy/runtime/proxy.ts";
import type { FromWorker, ToWorker } from "../../proxy/workers/messages.ts";
import { WorkerGroup } from "../../proxy/workers/worker-group.ts";
import { createLogger, type RootLogger } from "../../telemetry/log.ts";
import { createSpawnWorker, sayHere } from "./spawn-worker.ts";

/** Without a bootstrap by then nobody is going to send one. */
const BOOTSTRAP_MS = 10_000;
const EXIT_FAILED = 1;

const log: RootLogger = createLogger({ level: "info", format: "text", clock: systemClock, write: (line) => process.stderr.write(line) });
let proxy: Proxy | WorkerGroup | null = null;
let ending = false;
let impatience: Timer | null = null;

function tell(message: FromWorker, sent: () => void = () => {}): void {
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
  impatience?.cancel();
  log.setLevel(bootstrap.logLevel);
  try {
    const common = { bootstrap, clock: systemClock, random: systemRandom, log, tell };
    const alone = (bootstrap.concurrency ?? 1) === 1;
    proxy = alone ? new Proxy(common) : new WorkerGroup({ ...common, spawn: createSpawnWorker(), failed: fatal });
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

function obey(order: ToWorker): void {
  switch (order.kind) {
    case "bootstrap":
      void begin(order);
      break;
    case "token":
      proxy?.giveToken(order.joinToken);
      break;
    case "controller":
      proxy?.controllerMoved(order);
      break;
    case "drain":
      proxy?.drain(() => tell({ kind: "drained" }));
      break;
    case "ask":
      if (proxy instanceof Proxy) tell({ kind: "answer", id: order.id, text: proxy.tellOf(order.about) });
      break;
    case "log-level":
      if (proxy instanceof Proxy) proxy.setLogLevel(order.level);
      break;
    case "orphaned":
      end("the supervisor is gone", true);
  }
}

/** From here on the process is a sidecar that does what its supervisor says. */
export function obeySupervisor(): void {
  impatience = systemClock.setTimer(() => fatal("no bootstrap came: this program is started by `meshctl run`"), BOOTSTRAP_MS);
  process.on("message", (message) => obey(message as ToWorker));
  sayHere();
  process.on("disconnect", () => end("the supervisor is gone", true));
  process.on("SIGTERM", () => end("SIGTERM"));
  process.on("SIGINT", () => end("SIGINT"));
  process.on("uncaughtException", (error) => {
    // For whoever mends it, in the log; the user gets a sentence.
    log.error(error.stack ?? error.message);
    fatal(`internal error: ${error.message}`);
  });
}
