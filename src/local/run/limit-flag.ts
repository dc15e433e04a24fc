import { EXIT, UserError } from "../../lib/errors.ts";
import { parseDurationMs } from "../../lib/duration.ts";
import type { ProxyLimits } from "../../messages/bootstrap.ts";

const WAYS = "connections=N, requests=N, buffered=SIZE (such as 64MiB), lag=DURATION (such as 200ms)";
const UNITS: Readonly<Record<string, number>> = { "": 1, KiB: 1_024, MiB: 1_024 ** 2, GiB: 1_024 ** 3 };
const MAX_COUNT = 1_000_000;
const MAX_BYTES = 64 * 1_024 ** 3;
/** The event loop is looked at every 50 ms: less than two looks says nothing. */
const MIN_LAG_MS = 100;
const MAX_LAG_MS = 60_000;

/** `--limit NAME=VALUE`. Throws {@link UserError} (exit code 2) that shows the forms expected. */
export function parseLimitFlag(text: string): ProxyLimits {
  const equals = text.indexOf("=");
  const value = text.slice(equals + 1);
  switch (text.slice(0, Math.max(0, equals))) {
    case "connections":
      return { maxConnections: countOf(value) };
    case "requests":
      return { maxRequests: countOf(value) };
    case "buffered":
      return { maxBufferedBytes: bytesOf(value) };
    case "lag":
      return { maxLagMs: lagOf(value) };
    default:
      throw usage(`"${text}" is no limit of a sidecar`, `There are ${WAYS}.`);
  }
}

function countOf(text: string): number {
  const count = /^[0-9]{1,7}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MAX_COUNT) throw usage(`"${text}" is not a number from 1 to ${MAX_COUNT}`);
  return count;
}

function bytesOf(text: string): number {
  const [, digits = "", unit = ""] = /^([0-9]{1,12})([KMG]iB)?$/.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit] ?? 0);
  if (bytes < 1 || bytes > MAX_BYTES) throw usage(`"${text}" is not a size up to 64GiB`, "Write it like 65536, 512KiB or 64MiB.");
  return bytes;
}

function lagOf(text: string): number {
  const lagMs = parseDurationMs(text);
  if (lagMs === null || lagMs < MIN_LAG_MS || lagMs > MAX_LAG_MS) {
    throw usage(`"${text}" is not a duration from 100ms to 1m`, "Write it like 200ms or 1s.");
  }
  return lagMs;
}

function usage(message: string, hint?: string): UserError {
  return new UserError(message, { exitCode: EXIT.USAGE, hint });
}
