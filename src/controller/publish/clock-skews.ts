import type { Subscriber } from "../../discovery/server/contract.ts";
import type { UpStreamHandler } from "../../discovery/server/server.ts";
import type { Clock } from "../../lib/clock.ts";
import { ClockReading } from "../../messages/gen/meshctl/telemetry/v1/telemetry.ts";

/** How far each connected proxy's clock is from ours, as of its last reading. The way it took makes a clock look that much behind. */
export class ClockSkews {
  readonly #clock: Clock;
  readonly #byInstance = new Map<string, { readonly stream: UpStreamHandler; readonly skewMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds, positive when the proxy is ahead; null when it has not said or is gone. */
  of(instance: string): number | null {
    return this.#byInstance.get(instance)?.skewMs ?? null;
  }

  /** Takes the readings of one proxy. */
  receive({ id }: Subscriber): UpStreamHandler {
    const stream: UpStreamHandler = {
      message: (bytes) => {
        const readMs = readingOf(bytes);
        if (readMs !== null) this.#byInstance.set(id, { stream, skewMs: Math.round(readMs - this.#clock.nowMs()) });
      },
      end: () => {
        // A newer stream of the same proxy has taken over otherwise.
        if (this.#byInstance.get(id)?.stream === stream) this.#byInstance.delete(id);
      },
    };
    return stream;
  }
}

/** Null for what is no reading: 64-bit numbers that no date can be throw. */
function readingOf(bytes: Buffer): number | null {
  try {
    const { unixMs } = ClockReading.decode(bytes);
    return unixMs > 0 ? unixMs : null;
  } catch {
    return null;
  }
}
