import type { Clock } from "../../lib/clock.ts";
import type { Bootstrap } from "../../messages/bootstrap.ts";
import type { LoadReading } from "../../messages/gen/meshctl/telemetry/v1/telemetry.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { MetricsRegistry } from "../../telemetry/metrics/registry.ts";
import { DEFAULT_OVERLOAD_LIMITS } from "../overload/limits.ts";
import { NORMAL, Overload } from "../overload/overload.ts";
import { addOverloadMetrics } from "./overload-metrics.ts";

/** The proxy's guard against too much, with the user's limits, its figures among the metrics and its changes in the log. */
export function createOverload({ limits }: Bootstrap, clock: Clock, log: Logger, registry: MetricsRegistry, changed: () => void): Overload {
  const overload: Overload = new Overload({
    clock,
    limits: { ...DEFAULT_OVERLOAD_LIMITS, ...limits },
    lag: addOverloadMetrics(registry, () => overload),
    changed(state, why) {
      if (state === NORMAL) log.info(`no longer overloaded: ${why}`);
      else log.warn(`overloaded: ${why}`);
      changed();
    },
  });
  return overload;
}

/** What the controller is told of it. */
export function loadReading({ state, why, refusedRequests, refusedConnections }: Overload): LoadReading {
  return { state, why, refusedRequests, refusedConnections };
}
