import { MAX_TRACE_LIST } from "../../api/contract.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import { parseCount, parseDuration } from "../options/values.ts";

/** Up to what the controller gives. */
export function parseTraceLimit(text: string): number {
  const limit = parseCount(text);
  if (limit <= MAX_TRACE_LIST) return limit;
  throw new UserError(`a list holds ${MAX_TRACE_LIST} traces at most`, { exitCode: EXIT.USAGE });
}

/** `10m` → 600. */
export function parseSinceSeconds(text: string): number {
  return Math.ceil(parseDuration(text) / 1_000);
}

/** Lower-case digits of an id, or the first of them. */
export function parseTraceId(text: string): string {
  const id = text.toLowerCase();
  if (/^[0-9a-f]{1,32}$/.test(id)) return id;
  throw new UserError(`"${text}" is no trace id`, {
    hint: "It has 32 hex digits, of which the first ones do: `meshctl trace list` shows them.",
    exitCode: EXIT.USAGE,
  });
}
