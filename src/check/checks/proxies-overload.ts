import { FINE, type Finding, type HealthCheck } from "../contract.ts";

export const proxiesOverload = Object.freeze<HealthCheck>({
  id: "proxies-overload",
  section: "proxies",
  description: "no proxy turns requests or connections away",
  needs: ["api-authenticated"],
  async run(facts): Promise<Finding> {
    const over = (await facts.proxies()).flatMap(({ namespace, instance, overload }) =>
      overload === null || overload.state === "normal" ? [] : [{ name: `${namespace}/${instance}`, ...overload }],
    );
    if (over.length === 0) return FINE;
    return {
      level: "warning",
      reasons: over.map(({ name, why, refusedRequests, refusedConnections }) => {
        const since = `since it started ${refusedRequests} requests and ${refusedConnections} connections were refused`;
        return `${name}: ${why}; ${since}`;
      }),
      next: "Add instances, `run --concurrency`, or take load off: `meshctl stat` shows who asks. Limits: `run --limit`, docs/overload.md.",
    };
  },
});
