import { minorsApart } from "../lib/version-skew.ts";

/** A build from source: it has no place in the order of versions. */
const DEVELOPMENT = /^0\.0\.0-/;

/**
 * Why a control plane of version `from` must not become one of `to`, or null. Proxies understand the controller's minor
 * version and the one before (docs/discovery.md), so a step is at most one minor version either way.
 */
export function skewProblem(from: string, to: string): string | null {
  if (DEVELOPMENT.test(from) || DEVELOPMENT.test(to)) return null;
  const apart = minorsApart(from, to);
  if (apart === null) return `versions ${from} and ${to} differ in more than the minor number`;
  return apart > 1 ? `versions ${from} and ${to} are ${apart} minor versions apart; proxies bear one` : null;
}
