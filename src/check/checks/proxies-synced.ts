import { RESOURCE_TYPES } from "../../messages/names.ts";
import { failWhenAny, type Finding, type HealthCheck } from "../contract.ts";

export const proxiesSynced = Object.freeze<HealthCheck>({
  id: "proxies-synced",
  section: "proxies",
  description: "every proxy has acknowledged its configuration",
  needs: ["api-authenticated"],
  async run(facts): Promise<Finding> {
    const reasons: string[] = [];
    for (const proxy of await facts.proxies()) {
      if (!proxy.connected) continue;
      for (const type of RESOURCE_TYPES) {
        const nack = proxy.nacks.find((entry) => entry.type === type);
        if (proxy.sync[type] === "NACK") {
          reasons.push(`${proxy.namespace}/${proxy.instance} refused ${type}${nack ? ` ${nack.name}: ${nack.message}` : ""}`);
        } else if (proxy.sync[type] === "STALE") {
          reasons.push(`${proxy.namespace}/${proxy.instance} has not answered the last ${type} for over 5 s`);
        }
      }
    }
    return failWhenAny(reasons, "`meshctl proxy-status NAME` shows what it holds and why it refused.");
  },
});
