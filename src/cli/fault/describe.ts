import { describeMatches } from "../split/rivals.ts";
import type { FaultAbort, FaultDelay, FaultRule } from "./types.ts";

/** `30 % get 503`, `all are reset`. */
export function describeAbort({ httpStatus, reset, percent }: FaultAbort): string {
  return reset ? `${share(percent)} are reset` : `${share(percent)} get ${httpStatus ?? 503}`;
}

/** `50 % wait 200ms`. */
export function describeDelay({ fixed, percent }: FaultDelay): string {
  return `${share(percent)} wait ${fixed}`;
}

function share(percent: number | undefined): string {
  return percent === undefined || percent === 100 ? "all" : `${percent} %`;
}

/** `path /items* from default/web`, `everything`. */
export function describeWhen({ matches = [], from = [] }: FaultRule): string {
  const what = describeMatches({ matches });
  if (from.length === 0) return what;
  const callers = from.map(({ namespace, serviceAccount }) =>
    namespace === undefined ? serviceAccount : `${namespace}/${serviceAccount}`,
  );
  return `${what} from ${callers.join(", ")}`;
}
