import type { EndpointSlice, Service } from "../../compile/objects.ts";
import type { MeshStore } from "../../compile/store.ts";
import type { KindRef, KubeClient } from "../../kube/contract.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { keyOf, type KubeObject } from "../../model/object.ts";
import type { Workload } from "../../model/kinds/workload.ts";
import type { Logger } from "../../telemetry/log.ts";
import { deriveServices, SLICE_MANAGED_BY, SLICE_MANAGED_BY_LABEL } from "./derive.ts";
import { leaseEndMs, lostPatch } from "./lease.ts";
import { sameOwnedFields } from "./same.ts";

export interface LocalServicesOptions {
  readonly store: MeshStore;
  readonly client: KubeClient;
  readonly kinds: { readonly service: KindRef; readonly endpointSlice: KindRef; readonly workload: KindRef };
  readonly clock: Clock;
  readonly log: Logger;
}

/** Leases are looked at this often. */
const TICK_MS = 500;
/** A tick this late means the machine or this process slept: leases start anew. */
const SLEPT_MS = 3_000;
/** An expired registration is kept visible for this long, then deleted. */
const KEEP_EXPIRED_MS = 60_000;
/** Our own write comes back through the watch; until then it is not repeated. */
const WRITE_ECHO_MS = 2_000;

/** Keeps Services and EndpointSlices in step with the registered workloads and their leases. */
export class LocalServices {
  readonly #options: LocalServicesOptions;
  readonly #written = new Map<string, { readonly text: string; readonly atMs: number }>();
  readonly #foreign = new Set<string>();
  #sinceMs: number;
  #lastTickMs: number;
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #again = false;
  #closed = false;

  constructor(options: LocalServicesOptions) {
    this.#options = options;
    this.#sinceMs = options.clock.nowMs();
    this.#lastTickMs = options.clock.monotonicMs();
    this.#tick();
  }

  /** A workload, service or slice changed. Cheap: work happens once per burst. */
  poke(): void {
    if (this.#closed) return;
    if (this.#running !== null) {
      this.#again = true;
      return;
    }
    this.#running = this.#run().finally(() => {
      this.#running = null;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #tick(): void {
    const { clock } = this.#options;
    this.#timer = clock.setTimer(
      () => {
        const nowMs = clock.monotonicMs();
        if (nowMs - this.#lastTickMs > SLEPT_MS) this.#sinceMs = clock.nowMs();
        this.#lastTickMs = nowMs;
        this.poke();
        this.#tick();
      },
      TICK_MS,
      { unref: true },
    );
  }

  async #run(): Promise<void> {
    // Let the events of this turn of the event loop gather.
    await Promise.resolve();
    do {
      this.#again = false;
      await this.#reconcile();
    } while (this.#again && !this.#closed);
  }

  async #reconcile(): Promise<void> {
    const { store, clock, kinds } = this.#options;
    const nowMs = clock.nowMs();
    this.#forgetEchoes();
    const live: Workload[] = [];
    const work: Promise<void>[] = [];
    for (const workload of store.all<Workload>("Workload")) {
      const endMs = leaseEndMs(workload, this.#sinceMs);
      const lost = workload.status?.phase === "Lost";
      // Who was lost before this controller began to listen does not come back by that.
      if (endMs > nowMs && !lost) live.push(workload);
      else if (!lost) work.push(this.#lose(workload, endMs));
      else if (endMs + KEEP_EXPIRED_MS <= nowMs) work.push(this.#remove(kinds.workload, workload, "its lease ended"));
    }
    const derived = deriveServices(live, (key) => store.get<Service>("Service", key));
    this.#tellForeign(derived.foreign);
    for (const [key, service] of derived.services) work.push(this.#write(kinds.service, service, store.get("Service", key)));
    for (const [key, slice] of derived.slices) work.push(this.#write(kinds.endpointSlice, slice, store.get("EndpointSlice", key)));
    for (const slice of store.all<EndpointSlice>("EndpointSlice")) {
      const ours = slice.metadata.labels?.[SLICE_MANAGED_BY_LABEL] === SLICE_MANAGED_BY;
      if (ours && !derived.slices.has(keyOf(slice))) work.push(this.#remove(kinds.endpointSlice, slice, "its instance is gone"));
    }
    await Promise.all(work);
  }

  async #write(kind: KindRef, desired: KubeObject, present: KubeObject | undefined): Promise<void> {
    if (present !== undefined && sameOwnedFields(desired, present)) return;
    const { client, clock, log } = this.#options;
    const key = `${kind.kind} ${keyOf(desired)}`;
    const text = JSON.stringify(desired);
    if (this.#echoPending(key, text)) return;
    this.#written.set(key, { text, atMs: clock.monotonicMs() });
    try {
      if (present === undefined) await client.create(kind, desired);
      else await client.update(kind, merged(desired, present));
    } catch (error) {
      // Somebody else was faster, or the API is not there: the next event or tick tries again.
      this.#written.delete(key);
      log.debug("derived object not written", { object: key, error: messageOf(error) });
    }
  }

  async #lose(workload: Workload, endMs: number): Promise<void> {
    const { client, kinds, clock, log } = this.#options;
    const { name, namespace, resourceVersion } = workload.metadata;
    const key = `Workload ${keyOf(workload)}`;
    const text = `lost at ${resourceVersion}`;
    if (this.#echoPending(key, text)) return;
    this.#written.set(key, { text, atMs: clock.monotonicMs() });
    try {
      await client.patch(kinds.workload, name, namespace, lostPatch(workload, endMs), { subresource: "status" });
      log.info("a lease ended", { workload: keyOf(workload) });
    } catch (error) {
      this.#written.delete(key);
      log.debug("not marked as lost", { object: key, error: messageOf(error) });
    }
  }

  async #remove(kind: KindRef, object: KubeObject, why: string): Promise<void> {
    const { client, clock, log } = this.#options;
    const key = `${kind.kind} ${keyOf(object)}`;
    if (this.#echoPending(key, "deleted")) return;
    this.#written.set(key, { text: "deleted", atMs: clock.monotonicMs() });
    try {
      await client.delete(kind, object.metadata.name, object.metadata.namespace);
      log.info("deleted", { object: key, why });
    } catch (error) {
      this.#written.delete(key);
      log.debug("not deleted", { object: key, error: messageOf(error) });
    }
  }

  #forgetEchoes(): void {
    const oldest = this.#options.clock.monotonicMs() - WRITE_ECHO_MS;
    for (const [key, { atMs }] of this.#written) if (atMs < oldest) this.#written.delete(key);
  }

  #echoPending(key: string, text: string): boolean {
    return this.#written.get(key)?.text === text;
  }

  #tellForeign(foreign: ReadonlySet<string>): void {
    for (const key of foreign) {
      if (this.#foreign.has(key)) continue;
      this.#options.log.warn("a Service of this name was not made by meshctl run: it is left alone and gets no endpoints", {
        service: key,
      });
    }
    this.#foreign.clear();
    for (const key of foreign) this.#foreign.add(key);
  }
}

/** Our fields over the present object; what others added stays. */
function merged(desired: KubeObject, present: KubeObject): KubeObject {
  return {
    ...present,
    ...desired,
    metadata: { ...present.metadata, labels: { ...present.metadata.labels, ...desired.metadata.labels } },
    ...(desired.spec === undefined ? {} : { spec: { ...(present.spec as object), ...(desired.spec as object) } }),
  };
}
