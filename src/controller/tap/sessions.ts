import type { TapQuery, TapRecord } from "../../api/contract.ts";
import type { Subscriber } from "../../discovery/server/contract.ts";
import type { UpStreamHandler } from "../../discovery/server/server.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { randomUuid } from "../../lib/uuid.ts";
import { TapBatch } from "../../messages/gen/meshctl/telemetry/v1/telemetry.ts";
import type { ProxySettings } from "../publish/settings.ts";
import { filterOf } from "./query.ts";
import { recordOf } from "./record.ts";
import type { VersionService } from "./version-service.ts";

/** Who hears a session. Called once for each event or drop; must not block. */
export interface TapListener {
  event(record: TapRecord): void;
  dropped(count: number): void;
}

export interface TapSessionsOptions {
  readonly settings: ProxySettings;
  readonly clock: Clock;
  /** Instances that have something to say about a query, as of now. */
  relevant(query: TapQuery): ReadonlySet<string>;
  /** The version that the query's Service is of another, as of now; null when it is none. */
  versionOf(query: TapQuery): VersionService | null;
}

export interface OpenTap {
  readonly id: string;
  /** Instances asked so far. */
  readonly proxies: number;
  close(): void;
}

interface Session {
  readonly query: TapQuery;
  readonly listener: TapListener;
  readonly instances: Set<string>;
}

/** A session that nobody renews any more ends in every proxy after this. */
const LEASE_MS = 20_000;
const RENEW_MS = 5_000;

/** Open taps: asks the proxies they concern, keeps their leases alive, and hands out what comes back. */
export class TapSessions {
  readonly #options: TapSessionsOptions;
  readonly #sessions = new Map<string, Session>();
  #timer: Timer | null = null;
  /** Events that reached the controller since its start: shows that filters act in the proxies. */
  received = 0;

  constructor(options: TapSessionsOptions) {
    this.#options = options;
  }

  get open(): number {
    return this.#sessions.size;
  }

  start(query: TapQuery, listener: TapListener): OpenTap {
    const id = randomUuid();
    const session: Session = { query, listener, instances: new Set() };
    this.#sessions.set(id, session);
    this.#renew(id, session);
    this.#schedule();
    return {
      id,
      get proxies() {
        return session.instances.size;
      },
      close: () => {
        if (!this.#sessions.delete(id)) return;
        for (const instance of session.instances) this.#options.settings.clearTap(instance, id);
      },
    };
  }

  /** Proxies came, went, or call something new: sessions reach those they now concern. */
  refresh(): void {
    for (const [id, session] of this.#sessions) {
      const relevant = this.#options.relevant(session.query);
      if ([...relevant].some((instance) => !session.instances.has(instance))) this.#renew(id, session);
    }
  }

  /** Takes the telemetry stream of one proxy. */
  receive(subscriber: Subscriber): UpStreamHandler {
    return {
      message: (bytes) => this.#batch(subscriber.id, bytes),
      end: () => {},
    };
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#sessions.clear();
  }

  #batch(proxy: string, bytes: Buffer): void {
    let batch: TapBatch;
    try {
      batch = TapBatch.decode(bytes);
    } catch {
      return;
    }
    this.received += batch.events.length;
    for (const event of batch.events) {
      const record = recordOf(event, proxy);
      for (const id of event.sessionIds) {
        const session = this.#sessions.get(id);
        // A proxy may only speak in sessions it was asked into.
        if (session?.instances.has(proxy)) session.listener.event(record);
      }
    }
    const dropped = Number(batch.dropped);
    if (dropped === 0) return;
    for (const session of this.#sessions.values()) if (session.instances.has(proxy)) session.listener.dropped(dropped);
  }

  #renew(id: string, session: Session): void {
    const { settings, clock, relevant, versionOf } = this.#options;
    for (const instance of relevant(session.query)) session.instances.add(instance);
    const filter = filterOf(session.query, versionOf(session.query));
    const expiresAtUnixMs = clock.nowMs() + LEASE_MS;
    for (const instance of session.instances) {
      settings.setTap(instance, { id, expiresAtUnixMs, maxPerSecond: session.query.maxPerSecond ?? 100, filter });
    }
  }

  #schedule(): void {
    if (this.#timer !== null) return;
    this.#timer = this.#options.clock.setTimer(
      () => {
        this.#timer = null;
        for (const [id, session] of this.#sessions) this.#renew(id, session);
        if (this.#sessions.size > 0) this.#schedule();
      },
      RENEW_MS,
      { unref: true },
    );
  }
}
