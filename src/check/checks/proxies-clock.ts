import { formatAge } from "../../lib/age.ts";
import { FINE, type Finding, type HealthCheck } from "../contract.ts";

const WARN_MS = 5_000;
/** Certificates are dated back by this much; beyond it a fresh one is not valid yet. */
const FAIL_MS = 60_000;

export const proxiesClock = Object.freeze<HealthCheck>({
  id: "proxies-clock",
  section: "proxies",
  description: "every proxy's clock agrees with the controller's",
  needs: ["api-authenticated"],
  async run(facts): Promise<Finding> {
    const off = (await facts.proxies()).filter(({ clockSkewMs }) => clockSkewMs !== null && Math.abs(clockSkewMs) >= WARN_MS);
    if (off.length === 0) return FINE;
    return {
      level: off.some(({ clockSkewMs }) => Math.abs(clockSkewMs ?? 0) >= FAIL_MS) ? "error" : "warning",
      reasons: off.map(({ namespace, instance, clockSkewMs }) => {
        const skewMs = clockSkewMs ?? 0;
        return `${namespace}/${instance} is ${formatAge(Math.abs(skewMs))} ${skewMs > 0 ? "ahead" : "behind"}`;
      }),
      next: "Synchronise the clocks (NTP): certificates count on them.",
    };
  },
});
