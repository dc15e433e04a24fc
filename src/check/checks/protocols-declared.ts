import { failWhenAny, type Finding, type HealthCheck } from "../contract.ts";

export const protocolsDeclared = Object.freeze<HealthCheck>({
  id: "protocols-declared",
  section: "workloads",
  description: "no connection waited for its protocol to be told",
  needs: ["api-authenticated"],
  async run(facts): Promise<Finding> {
    const waited = (await facts.services()).filter(({ detectionTimeouts }) => detectionTimeouts > 0);
    return failWhenAny(
      waited.map(
        ({ namespace, name, detectionTimeouts: count }) =>
          `${namespace}/${name}: ${count} connection${count === 1 ? "" : "s"} on which nobody spoke for 200 ms, and which then went as opaque TCP`,
      ),
      "Declare what is spoken: `appProtocol: tcp` (or http) on the Service port.",
      "warning",
    );
  },
});
