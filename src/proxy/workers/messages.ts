import type { FromProxy, ToProxy } from "../../messages/bootstrap.ts";

/** What only a worker can tell of itself. Texts as its admin port would give them. */
export type Subject = "metrics" | "config" | "clusters" | "certificate";

/** What the process that answers for the proxy says to one of its workers, beside what a supervisor says to a proxy. */
export type ToWorker =
  | ToProxy
  | { readonly kind: "ask"; readonly id: number; readonly about: Subject }
  | { readonly kind: "log-level"; readonly level: string }
  /** Nobody looks after the application any more. */
  | { readonly kind: "orphaned" };

export type FromWorker = FromProxy | { readonly kind: "answer"; readonly id: number; readonly text: string };

/** A worker's process as the group uses it. */
export interface WorkerProcess {
  readonly pid: number;
  send(message: ToWorker): void;
  /** Asks it to finish and end. */
  end(): void;
  kill(): void;
}

/** Who gets what comes from a worker. */
export interface WorkerListener {
  heard(message: FromWorker): void;
  /** Once; `how` completes "it …". */
  ended(how: string): void;
}

export type SpawnWorker = (listener: WorkerListener) => WorkerProcess;
