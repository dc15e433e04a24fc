import type { Change, MeshStore } from "../../compile/store.ts";
import type { KindRef, KubeClient } from "../../kube/contract.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { type Condition, keyOf, type KubeObject } from "../../model/object.ts";
import type { HTTPRoute } from "../../policies/route/http-route.ts";
import type { Logger } from "../../telemetry/log.ts";
import { policyStatus, type CountProgrammed } from "./policy-status.ts";
import { routeStatus } from "./route-status.ts";

export interface StatusWriterOptions {
  readonly store: MeshStore;
  readonly client: KubeClient;
  readonly routeKind: KindRef;
  /** Kinds of the catalogue. */
  readonly policyKinds: readonly KindRef[];
  readonly count: CountProgrammed;
  readonly clock: Clock;
  readonly log: Logger;
}

/** No generation of an object is written more often (design section 5). */
const MIN_INTERVAL_MS = 5_000;
/** Changes gather for this long before anything is looked at. */
const GATHER_MS = 200;
/** Less where somebody has just written: until their generation has conditions of its own, the old ones mislead. */
const GATHER_WRITTEN_MS = 20;

interface Written {
  readonly atMs: number;
  readonly generation: number | undefined;
  /** Every proxy had this generation in force. */
  readonly inForce: boolean;
}

/** Writes conditions back where they differ from what is there. Only one controller of a mesh runs it. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #written = new Map<string, Written>();
  #timer: Timer | null = null;
  #timerAtMs = 0;
  #running = false;
  #closed = false;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** Something that conditions speak of changed: an object, or, without one, an acknowledgement. */
  poke(change?: Change): void {
    this.#schedule(change !== undefined && isWritten(change) ? GATHER_WRITTEN_MS : GATHER_MS);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #schedule(delayMs: number): void {
    if (this.#closed) return;
    const atMs = this.#options.clock.monotonicMs() + delayMs;
    if (this.#timer !== null) {
      if (this.#timerAtMs <= atMs) return;
      this.#timer.cancel();
    }
    this.#timerAtMs = atMs;
    this.#timer = this.#options.clock.setTimer(
      () => {
        this.#timer = null;
        void this.#pass();
      },
      delayMs,
      { unref: true },
    );
  }

  async #pass(): Promise<void> {
    if (this.#running) {
      this.#schedule(GATHER_MS);
      return;
    }
    this.#running = true;
    try {
      await Promise.all([...this.#due()].map(({ kind, object, status }) => this.#write(kind, object, status)));
    } finally {
      this.#running = false;
    }
  }

  *#due(): Iterable<{ kind: KindRef; object: KubeObject; status: object }> {
    const { store, routeKind, policyKinds, count, clock } = this.#options;
    const nowMs = clock.nowMs();
    const present = new Set<string>();
    for (const route of store.all<HTTPRoute>("HTTPRoute")) {
      present.add(`${routeKind.kind} ${keyOf(route)}`);
      const status = routeStatus(store, route, nowMs);
      if (status !== null && this.#mayWrite(routeKind, route, false)) yield { kind: routeKind, object: route, status };
    }
    for (const kind of policyKinds) {
      for (const policy of store.all(kind.kind)) {
        present.add(`${kind.kind} ${keyOf(policy)}`);
        const status = policyStatus(store, policy, count, nowMs);
        if (status !== null && this.#mayWrite(kind, policy, isInForce(status))) yield { kind, object: policy, status };
      }
    }
    for (const key of this.#written.keys()) if (!present.has(key)) this.#written.delete(key);
  }

  /**
   * Too soon after the last write of this generation: looked at again when the interval is over. That the last proxy
   * has it in force is said at once, the first time: who wrote it waits for that.
   */
  #mayWrite(kind: KindRef, object: KubeObject, inForce: boolean): boolean {
    const written = this.#written.get(`${kind.kind} ${keyOf(object)}`);
    if (written === undefined || written.generation !== object.metadata.generation) return true;
    if (inForce && !written.inForce) return true;
    const waitMs = written.atMs + MIN_INTERVAL_MS - this.#options.clock.monotonicMs();
    if (waitMs <= 0) return true;
    this.#schedule(waitMs);
    return false;
  }

  async #write(kind: KindRef, object: KubeObject, status: object): Promise<void> {
    const { client, clock, log } = this.#options;
    const key = `${kind.kind} ${keyOf(object)}`;
    const { generation } = object.metadata;
    const before = this.#written.get(key);
    const inForce = isInForce(status) || (before?.generation === generation && before?.inForce === true);
    this.#written.set(key, { atMs: clock.monotonicMs(), generation, inForce });
    try {
      await client.updateStatus(kind, { ...object, status: { ...(object.status as object), ...status } });
    } catch (error) {
      // A conflict means a newer object is on its way through the watch, and with it another pass.
      log.debug("status not written", { object: key, error: messageOf(error) });
      this.#schedule(MIN_INTERVAL_MS);
    }
  }
}

function isInForce(status: object): boolean {
  const { conditions = [] } = status as { readonly conditions?: readonly Condition[] };
  return conditions.some(({ type, status: value }) => type === "Programmed" && value === "True");
}

/** True for a new object and for a new generation of one; not for a new status. */
function isWritten({ before, after }: Change): boolean {
  return after !== undefined && (before === undefined || before.metadata.generation !== after.metadata.generation);
}
