import type { KubeClient } from "../../kube/contract.ts";
import { isAlreadyExists, isConflict, isNotFound } from "../../kube/error.ts";
import { resourcePath } from "../../kube/kind-ref.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { EXIT, messageOf, UserError } from "../../lib/errors.ts";
import { workloadKind, type Workload } from "../../model/kinds/workload.ts";
import { alreadyRunning } from "./conflicts.ts";
import { isLive, type LiveState, RENEW_MS, statusPatch } from "./workload.ts";

export interface RegistrationOptions {
  readonly client: KubeClient;
  readonly workload: Workload;
  readonly clock: Clock;
  readonly state: () => LiveState;
  /** Whether an object of this name is only what a killed run left: it is replaced although its lease holds. */
  readonly leftBehind: (other: Workload) => boolean;
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
  /** Ends the request under way. */
  #giveUp: ((why: Error) => void) | null = null;
  /** Of the object this instance made: one of the same name with another uid is somebody else's. */
  #uid: string | null = null;

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

  /** The controller is elsewhere now: nobody waits for whoever has its old port to say something. */
  controllerMoved(): void {
    if (this.#writing !== null) this.#giveUp?.(new Error("it is at another address now"));
    void this.update();
  }

  /** Deletes the object, unless somebody else has the name by now; rejects when the controller does not answer. */
  async remove(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#writing;
    if (this.#uid === null) return;
    try {
      await this.#delete(this.#uid);
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
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
        if (!this.#away) this.#options.say(troubleText(error));
        this.#away = true;
        // What has changed meanwhile, if only the controller's address, is not kept waiting.
        delayMs = this.#again ? 0 : RETRY_MS;
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
      client.patch<Workload>(
        workloadKind,
        name,
        namespace,
        { ...statusPatch(state(), clock.nowMs()), metadata: { uid: this.#uid } },
        { ...this.#limit(), subresource: "status" },
      );
    try {
      await patch();
    } catch (error) {
      // Deleted by someone, cleared away while this machine slept, or another's by now: put tells.
      if (!isNotFound(error) && !isConflict(error)) throw error;
      await this.#put();
      await patch();
    }
  }

  /** What an instance of this name left behind when it was killed is replaced as a whole; a live one is left alone. */
  async #put(): Promise<void> {
    const { client, workload, clock, leftBehind } = this.#options;
    const { name, namespace } = workload.metadata;
    try {
      this.#uid = (await client.create(workloadKind, workload, this.#limit())).metadata.uid ?? null;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const other = await client.get<Workload>(workloadKind, name, namespace, this.#limit());
      if (isLive(other, clock.nowMs()) && !leftBehind(other)) throw alreadyRunning(`${namespace}/${name}`, other, clock.nowMs());
      await this.#delete(other.metadata.uid ?? "");
      this.#uid = (await client.create(workloadKind, workload, this.#limit())).metadata.uid ?? null;
    }
  }

  /** Only that very object: the name may have gone to another in this instant. */
  async #delete(uid: string): Promise<void> {
    const { client, workload } = this.#options;
    const path = resourcePath(workloadKind, workload.metadata.namespace, workload.metadata.name);
    await client.request("DELETE", path, { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } }, this.#limit());
  }

  #limit(): { readonly signal: AbortSignal } {
    const controller = new AbortController();
    this.#giveUp = (why) => controller.abort(why);
    this.#options.clock.setTimer(() => controller.abort(new Error("no answer in time")), REQUEST_LIMIT_MS, { unref: true });
    return { signal: controller.signal };
  }
}

function troubleText(error: unknown): string {
  if (error instanceof UserError && error.exitCode === EXIT.REFUSED) return `${error.message}; this one takes no traffic until that ends`;
  return `the controller does not answer (${messageOf(error)}); traffic goes on, trying again until it does`;
}
