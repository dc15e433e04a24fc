import { Budget } from "./budget.ts";
import type { Http2Limits } from "./limits.ts";

/** Credit frames an honest receiver may send for one DATA frame: two for its windows, doubled. */
const UPDATES_PER_DATA = 4;

/** What one connection has left of each rate limit (RFC 9113 10.5). */
export class AbuseBudgets {
  /** RST_STREAM received: streams opened only to be reset. */
  readonly resets: Budget;
  /** Streams reset by this side because of what the peer did on them. */
  readonly faults: Budget;
  /** RST_STREAM sent for streams of our own. */
  readonly ownResets: Budget;
  readonly settings: Budget;
  readonly pings: Budget;
  readonly priorities: Budget;
  readonly emptyData: Budget;
  readonly windowUpdates: Budget;
  readonly unknownFrames: Budget;

  constructor(limits: Http2Limits) {
    this.resets = new Budget(limits.resetsPerSecond);
    this.faults = new Budget(limits.resetsPerSecond);
    this.ownResets = new Budget(limits.ownResetsPerSecond, limits.ownResetsBurst);
    this.settings = new Budget(limits.settingsPerSecond);
    this.pings = new Budget(limits.pingsPerSecond);
    this.priorities = new Budget(limits.prioritiesPerSecond);
    this.emptyData = new Budget(limits.emptyDataPerSecond);
    this.windowUpdates = new Budget(limits.windowUpdatesPerSecond);
    this.unknownFrames = new Budget(limits.unknownFramesPerSecond);
  }

  /** A DATA frame has been sent: its receiver returns credit, and may measure the way by a PING, as gRPC libraries do. */
  sentData(): void {
    this.windowUpdates.earn(UPDATES_PER_DATA);
    this.pings.earn(1);
  }
}
