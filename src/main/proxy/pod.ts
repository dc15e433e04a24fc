import { mkdirSync, readFileSync } from "node:fs";
import { systemClock } from "../../lib/clock.ts";
import { EXIT, messageOf } from "../../lib/errors.ts";
import { systemRandom } from "../../lib/random.ts";
import type { Bootstrap, FromProxy } from "../../messages/bootstrap.ts";
import { AppProbes } from "../../proxy/health/app-probes.ts";
import { HealthServer } from "../../proxy/health/server.ts";
import { Proxy } from "../../proxy/runtime/proxy.ts";
import { WorkerGroup } from "../../proxy/workers/worker-group.ts";
import { createLogger } from "../../telemetry/log.ts";
import { countOthers, watchForQuit } from "./pod-processes.ts";
import { type PodSettings, podSettings } from "./pod-settings.ts";
import { createSpawnWorker } from "./spawn-worker.ts";

/** The kubelet renews the token well before it ends; one that is not there yet will be. */
const TOKEN_AGAIN_MS = 5_000;

/** Serves as the sidecar of a pod until SIGTERM, or until a job's other containers have ended. */
export async function runPod(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const settings = podSettings(env);
  if (typeof settings === "string") {
    process.stderr.write(`Error: ${settings}\n`);
    process.exit(EXIT.USAGE);
  }
  const log = createLogger({
    level: settings.bootstrap.logLevel,
    format: "json",
    clock: systemClock,
    write: (line) => void process.stderr.write(line),
  });
  const fail = (message: string): never => {
    log.error(message);
    process.exit(EXIT.NOT_FINE);
  };
  process.on("uncaughtException", (error) => fail(error.stack ?? error.message));
  try {
    const bootstrap = readBootstrap(settings);
    let notReady: string | null = "starting";
    const tell = (message: FromProxy): void => {
      if (message.kind === "ready") notReady = null;
      else if (message.kind === "not-ready") notReady = message.reason;
      else if (message.kind === "need-token") giveToken();
      else if (message.kind === "fatal") fail(message.message);
    };
    const giveToken = (): void => {
      try {
        proxy.giveToken(readFileSync(settings.tokenFile, "utf8").trim());
      } catch (error) {
        log.warn(`the token cannot be read: ${messageOf(error)}`);
        systemClock.setTimer(giveToken, TOKEN_AGAIN_MS, { unref: true });
      }
    };
    const common = { bootstrap, clock: systemClock, random: systemRandom, log, tell };
    const alone = bootstrap.concurrency === 1;
    const proxy = alone ? new Proxy(common) : new WorkerGroup({ ...common, spawn: createSpawnWorker(), failed: fail });
    const probes = new AppProbes({
      probes: settings.probes,
      host: settings.podIp,
      clock: systemClock,
      draining: () => notReady === "draining",
    });
    const metrics = (): string | Promise<string> => (proxy instanceof Proxy ? proxy.tellOf("metrics") : proxy.metrics());
    const health = new HealthServer({ notReady: () => notReady, metrics }, probes);
    await health.listen(settings.healthPort, settings.podIp);
    await proxy.start();
    let ending = false;
    const end = (why: string): void => {
      if (ending) return;
      ending = true;
      log.info(`ending: ${why}`);
      proxy.shutDown(() => {
        proxy.close();
        health.close();
        process.exit(EXIT.OK);
      });
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => end(signal));
    if (settings.quitAfterMs !== null) {
      const others = (): number => countOthers("/proc", process.getuid?.() ?? 0);
      watchForQuit({
        clock: systemClock,
        afterMs: settings.quitAfterMs,
        others,
        quit: () => end("no other container of the pod runs any more"),
      });
    }
  } catch (error) {
    fail(messageOf(error));
  }
}

/** The roots and the token are files of the pod; the state directory is its memory. */
function readBootstrap({ bootstrap, trustFile, tokenFile }: PodSettings): Bootstrap {
  if (bootstrap.savedDir !== null) mkdirSync(bootstrap.savedDir, { recursive: true, mode: 0o700 });
  return { ...bootstrap, trustBundle: readFileSync(trustFile, "utf8"), joinToken: readFileSync(tokenFile, "utf8").trim() };
}
