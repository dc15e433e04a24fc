import type { ProxyStatus } from "../../api/contract.ts";
import type { Subscriber } from "../../discovery/server/contract.ts";
import type { UpStreamHandler } from "../../discovery/server/server.ts";
import { ClockReading, type LoadReading } from "../../messages/gen/meshctl/telemetry/v1/telemetry.ts";

type Overload = NonNullable<ProxyStatus["overload"]>;

const STATES = ["normal", "shedding", "shut"] as const;
/** A proxy's own words, shown to people. */
const MAX_WHY = 200;

/** How each connected proxy is with what it can carry, as of the last reading of each of its processes. */
export class ProxyLoads {
  readonly #byInstance = new Map<string, Map<string, { readonly stream: UpStreamHandler; readonly load: LoadReading }>>();

  /** The worst state of its processes, and what all of them refused; null when none has said. */
  of(instance: string): Overload | null {
    const parts = this.#byInstance.get(instance);
    if (parts === undefined) return null;
    const loads = [...parts.values()].map(({ load }) => load);
    const worst = loads.reduce((one, other) => (other.state > one.state ? other : one));
    return {
      state: STATES[worst.state] ?? "shut",
      why: worst.why.slice(0, MAX_WHY),
      refusedRequests: loads.reduce((sum, { refusedRequests }) => sum + refusedRequests, 0),
      refusedConnections: loads.reduce((sum, { refusedConnections }) => sum + refusedConnections, 0),
    };
  }

  /** Takes the readings of one process of a proxy. */
  receive({ id, part }: Subscriber): UpStreamHandler {
    const stream: UpStreamHandler = {
      message: (bytes) => {
        const load = loadOf(bytes);
        if (load === null) return;
        const parts = this.#byInstance.get(id) ?? new Map();
        this.#byInstance.set(id, parts.set(part, { stream, load }));
      },
      end: () => {
        const parts = this.#byInstance.get(id);
        // A newer stream of the same process has taken over otherwise.
        if (parts?.get(part)?.stream !== stream) return;
        parts.delete(part);
        if (parts.size === 0) this.#byInstance.delete(id);
      },
    };
    return stream;
  }
}

/** Null for what is no reading, or has none of a load: an older proxy. */
function loadOf(bytes: Buffer): LoadReading | null {
  try {
    return ClockReading.decode(bytes).load ?? null;
  } catch {
    return null;
  }
}
