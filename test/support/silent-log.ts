import { createLogger } from "../../src/telemetry/log.ts";
import { systemClock } from "../../src/lib/clock.ts";

/** A logger that says nothing. */
export const silentLog = createLogger({ level: "error", format: "text", clock: systemClock, write: () => {} });
