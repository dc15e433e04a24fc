import { FINE, type Finding, type HealthCheck } from "../contract.ts";
import { minorsApart } from "../../lib/version-skew.ts";

export const proxiesVersion = Object.freeze<HealthCheck>({
  id: "proxies-version",
  section: "proxies",
  description: "every proxy is of the controller's version",
  needs: ["api-authenticated"],
  async run(facts): Promise<Finding> {
    const { version } = await facts.serverVersion();
    const other = (await facts.proxies()).filter((proxy) => proxy.connected && proxy.version !== version);
    if (other.length === 0) return FINE;
    const far = other.some((proxy) => (minorsApart(proxy.version, version) ?? 2) > 1);
    return {
      level: far ? "error" : "warning",
      reasons: other.map((proxy) => `${proxy.namespace}/${proxy.instance} is ${proxy.version}, the controller ${version}`),
      next: "Restart those workloads: a sidecar starts with the version of its `meshctl run`.",
    };
  },
});
