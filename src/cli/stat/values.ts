import { STAT_WINDOW_SECONDS, type StatQuery } from "../../api/contract.ts";
import { formatDuration } from "../../lib/duration.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import { parseDuration } from "../options/values.ts";

const KINDS: Readonly<Record<string, StatQuery["kind"]>> = {
  svc: "service",
  service: "service",
  services: "service",
  workload: "workload",
  workloads: "workload",
  wl: "workload",
  route: "route",
  routes: "route",
};

export function parseStatKind(text: string): StatQuery["kind"] {
  const kind = KINDS[text.toLowerCase()];
  if (kind !== undefined) return kind;
  throw new UserError(`"${text}" is no kind of row`, {
    hint: "Write svc, workload or route first: meshctl stat svc NAME.",
    exitCode: EXIT.USAGE,
  });
}

/** `1m` → 60. */
export function parseWindowSeconds(text: string): number {
  const seconds = Math.ceil(parseDuration(text) / 1_000);
  if (seconds <= STAT_WINDOW_SECONDS) return seconds;
  throw new UserError(`the controller remembers traffic for ${formatDuration(STAT_WINDOW_SECONDS * 1_000)}`, { exitCode: EXIT.USAGE });
}
