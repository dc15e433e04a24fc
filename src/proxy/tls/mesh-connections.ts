import type { Clock, Timer } from "../../lib/clock.ts";
import type { CredentialSource } from "./credentials.ts";
import type { MeshTransport } from "./mesh-transport.ts";
import type { PeerCheck } from "./peer.ts";

const SWEEP_MS = 1_000;

/**
 * Every mesh connection that is open, so that none outlives what it was trusted for (ADR 1, "TLS"): retired in
 * time before a leaf ends or when its root leaves, cut on revocation and when the own leaf ends without successor.
 */
export class MeshConnections {
  readonly #open = new Set<MeshTransport>();
  readonly #source: CredentialSource;
  readonly #check: PeerCheck;
  readonly #clock: Clock;
  readonly #opened: (alpn: string) => void;
  readonly #stopListening: () => void;
  #timer: Timer;

  /** `opened` hears what each new connection agreed to speak. */
  constructor(source: CredentialSource, check: PeerCheck, clock: Clock, opened: (alpn: string) => void = () => {}) {
    this.#source = source;
    this.#check = check;
    this.#clock = clock;
    this.#opened = opened;
    this.#stopListening = source.onChange(() => this.#judgeAll());
    this.#timer = clock.setTimer(this.#sweep, SWEEP_MS, { unref: true });
  }

  add(transport: MeshTransport): void {
    this.#open.add(transport);
    this.#opened(transport.alpn);
    transport.socket.once("close", () => this.#open.delete(transport));
  }

  get size(): number {
    return this.#open.size;
  }

  close(): void {
    this.#stopListening();
    this.#timer.cancel();
  }

  readonly #sweep = (): void => {
    const nowMs = this.#clock.nowMs();
    for (const transport of this.#open) if (nowMs >= transport.retireAtMs) transport.retired = true;
    this.#timer = this.#clock.setTimer(this.#sweep, SWEEP_MS, { unref: true });
  };

  /** After any change of trust or of the own leaf. */
  #judgeAll(): void {
    const nowMs = this.#clock.nowMs();
    const trust = this.#source.trust();
    const ownLeafEnded = this.#source.credentials() === null;
    for (const transport of this.#open) {
      const { peer } = transport;
      if (ownLeafEnded || trust.isRevoked(peer.serial, peer.identity)) transport.reset();
      else if (!transport.retired && !this.#check(peer.path, nowMs).ok) transport.retired = true;
    }
  }
}
