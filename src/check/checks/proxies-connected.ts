import { failWhenAny, type Finding, type HealthCheck } from "../contract.ts";

export const proxiesConnected = Object.freeze<HealthCheck>({
  id: "proxies-connected",
  section: "proxies",
  description: "every workload's proxy is connected to the controller",
  needs: ["api-authenticated"],
  async run(facts): Promise<Finding> {
    const away = (await facts.proxies()).filter(({ connected }) => !connected);
    return failWhenAny(
      away.map(({ namespace, instance }) => `${namespace}/${instance} is not connected`),
      "It serves on with its last configuration. Look at the output of its `meshctl run`; restart that if its proxy is gone.",
    );
  },
});
