/** Starts worker processes of the same program; connections of the shared ports are dealt out to them in turn. */
import cluster from "node:cluster";
import type { FromWorker, SpawnWorker, ToWorker, WorkerProcess } from "../../proxy/workers/messages.ts";

/** What a worker says first: node:cluster listens before the program does, and what was sent until then would be lost. */
interface Here {
  readonly kind: "here";
}

/** In a worker, once it listens to whoever started it. */
export function sayHere(): void {
  const here: Here = { kind: "here" };
  if (cluster.isWorker) process.send?.(here);
}

/** Of this very program, with this process's flags for node. */
export function createSpawnWorker(): SpawnWorker {
  // Leaving it to the kernel gives most connections to one of them: the last to wait is the first to be woken.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  return (listener): WorkerProcess => {
    const worker = cluster.fork();
    /** Not said yet; null: it listens. */
    let waiting: ToWorker[] | null = [];
    const send = (message: ToWorker): void => {
      // A channel that has just closed is noticed by the exit event.
      if (worker.isConnected()) worker.process.send(message, () => {});
    };
    worker.on("message", (message: FromWorker | Here) => {
      if (message.kind !== "here") return listener.heard(message);
      for (const order of waiting ?? []) send(order);
      waiting = null;
    });
    let ended = false;
    const end = (how: string): void => {
      if (ended) return;
      ended = true;
      listener.ended(how);
    };
    worker.on("error", (error) => end(`could not be started: ${error.message}`));
    worker.on("exit", (code, signal) => end(signal ? `was ended by ${signal}` : `ended with exit code ${code}`));
    return {
      pid: worker.process.pid ?? 0,
      send: (message) => {
        if (waiting === null) send(message);
        else waiting.push(message);
      },
      end: () => worker.process.kill("SIGTERM"),
      kill: () => worker.process.kill("SIGKILL"),
    };
  };
}
