import { FINE, type Finding, type HealthCheck } from "../contract.ts";

export const contextsFile = Object.freeze<HealthCheck>({
  id: "context",
  section: "state directory",
  description: "the configuration names a mesh",
  run(facts): Finding {
    facts.context();
    return FINE;
  },
});
