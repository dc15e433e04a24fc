/** Services told apart; a proxy has no more upstream listeners and tunnels in use. */
const MAX_SERVICES = 1_000;

/** Connections on which nobody spoke while the proxy waited to see what they are, by service, until they are reported. */
export class DetectionTimeouts {
  #counts = new Map<string, number>();

  add(service: string): void {
    const known = this.#counts.get(service);
    if (known !== undefined || this.#counts.size < MAX_SERVICES) this.#counts.set(service, (known ?? 0) + 1);
  }

  /** What has come since the last time. */
  take(): ReadonlyMap<string, number> {
    const counts = this.#counts;
    this.#counts = new Map();
    return counts;
  }
}
