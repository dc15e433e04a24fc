import { formatAge } from "../../lib/age.ts";
import { FINE, type Finding, type HealthCheck } from "../contract.ts";

/** Renewal happens well before this share of the lifetime is left. */
const OVERDUE_SHARE = 0.15;

export const proxiesCertificates = Object.freeze<HealthCheck>({
  id: "proxies-certificates",
  section: "proxies",
  description: "every proxy's certificate is valid and renewed in time",
  needs: ["api-authenticated"],
  async run(facts): Promise<Finding> {
    const bad: string[] = [];
    const late: string[] = [];
    for (const { namespace, instance, connected, certificate } of await facts.proxies()) {
      if (!connected) continue;
      const name = `${namespace}/${instance}`;
      if (certificate === null) {
        bad.push(`${name} has shown no certificate`);
        continue;
      }
      const endMs = Date.parse(certificate.notAfter);
      const leftMs = endMs - facts.nowMs;
      if (leftMs <= 0) bad.push(`${name}: expired ${formatAge(-leftMs)} ago`);
      else if (leftMs < (endMs - Date.parse(certificate.notBefore)) * OVERDUE_SHARE)
        late.push(`${name}: renewal is overdue, ${formatAge(leftMs)} left`);
    }
    const next = "`meshctl cert rotate NAME` asks the proxy to renew now; `meshctl local logs` shows refusals.";
    if (bad.length > 0) return { level: "error", reasons: [...bad, ...late], next };
    return late.length > 0 ? { level: "warning", reasons: late, next } : FINE;
  },
});
