/** What every kind of load did, counted by what came back to its client. */
export interface Count {
  done: number;
  /** Ended by the client itself, as meant. */
  cancelled: number;
  failed: number;
  /** Connections opened. */
  connections: number;
}

const MAX_ERRORS = 20;

export class Tally {
  readonly counts = new Map<string, Count>();
  /** The first ones, with their kind. */
  readonly errors: string[] = [];

  of(kind: string): Count {
    let count = this.counts.get(kind);
    if (count === undefined) {
      count = { done: 0, cancelled: 0, failed: 0, connections: 0 };
      this.counts.set(kind, count);
    }
    return count;
  }

  failed(kind: string, error: unknown): void {
    this.of(kind).failed += 1;
    if (this.errors.length < MAX_ERRORS) this.errors.push(`${new Date().toISOString()} ${kind}: ${String(error)}`);
  }

  get failures(): number {
    let sum = 0;
    for (const { failed } of this.counts.values()) sum += failed;
    return sum;
  }
}
