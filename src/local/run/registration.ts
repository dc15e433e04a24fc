import type { KubeClient } from "../../kube/contract.ts";
import { isAlreadyExists, isNotFound } from "../../kube/error.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { workloadKind, type Workload } from "../../model/kinds/workload.ts";
import { type LiveState, RENEW_MS, statusPatch } from "./workload.ts";

export interface RegistrationOptions {
  readonly client: KubeClient;
  readonly workload: Workload;
  readonly clock: Clock;
  readonly state: () => LiveState;
  /** Sentences for the user. */
  readonly say: (text: string) => void;
}

const RETRY_MS = 500;
const REQUEST_LIMIT_MS = 3_000;

/**
 * Keeps the Workload object of one instance true: writes each change of state at once and renews the lease in
 * between, one request at a time. With the controller away it keeps trying and says so once.
 */
export class Registration {
  readonly #options: RegistrationOptions;
  #timer: Timer | null = null;
  #writing: Promise<void> | null = null;
  #again = false;
  #closed = false;
  #away = false;

  constructor(options: RegistrationOptions) {
    this.#options = options;
  }

  /** The first write; rejects when the controller refuses it. */
  async create(): Promise<void> {
    await this.#put();
    await this.#writeStatus();
    this.#schedule(RENEW_MS);
  }

  /** The state is another now: resolves when it has been written or that has failed. */
  async update(): Promise<void> {
    if (this.#closed) return;
    this.#timer?.cancel();
    if (this.#writing !== null) {
      // What is under way may have read the old state.
      this.#again = true;
      return this.#writing;
    }
    this.#writing = this.#write();
    return this.#writing;
  }

  /** Deletes the object; rejects when the controller does not answer. */
  async remove(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#writing;
    const { client, workload } = this.#options;
    try {
      await client.delete(workloadKind, workload.metadata.name, workload.metadata.namespace, this.#limit());
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #write(): Promise<void> {
    let delayMs = RENEW_MS;
    do {
      this.#again = false;
      try {
        await this.#writeStatus();
        if (this.#away) this.#options.say("the controller is back");
        this.#away = false;
        delayMs = RENEW_MS;
      } catch (error) {
        if (!this.#away)
          this.#options.say(`the controller does not answer (${messageOf(error)}); traffic goes on, trying again until it does`);
        this.#away = true;
        delayMs = RETRY_MS;
      }
    } while (this.#again && !this.#closed && !this.#away);
    this.#writing = null;
    this.#schedule(delayMs);
  }

  #schedule(delayMs: number): void {
    if (this.#closed) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(() => void this.update(), delayMs);
  }

  async #writeStatus(): Promise<void> {
    const { client, workload, clock, state } = this.#options;
    const { name, namespace } = workload.metadata;
    const patch = (): Promise<Workload> =>
      client.patch<Workload>(workloadKind, name, namespace, statusPatch(state(), clock.nowMs()), {
        ...this.#limit(),
        subresource: "status",
      });
    try {
      await patch();
    } catch (error) {
      // Deleted by someone, or cleared away while this machine slept: the instance is still here.
      if (!isNotFound(error)) throw error;
      await this.#put();
      await patch();
    }
  }

  /** What an instance of this name left behind when it was killed is replaced as a whole. */
  async #put(): Promise<void> {
    const { client, workload } = this.#options;
    try {
      await client.create(workloadKind, workload, this.#limit());
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      await client.delete(workloadKind, workload.metadata.name, workload.metadata.namespace, this.#limit());
      await client.create(workloadKind, workload, this.#limit());
    }
  }

  #limit(): { readonly signal: AbortSignal } {
    const controller = new AbortController();
    this.#options.clock.setTimer(() => controller.abort(new Error("no answer in time")), REQUEST_LIMIT_MS, { unref: true });
    return { signal: controller.signal };
  }
}
