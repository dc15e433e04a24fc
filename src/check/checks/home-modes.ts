import { failWhenAny, type Finding, type HealthCheck } from "../contract.ts";

export const homeModes = Object.freeze<HealthCheck>({
  id: "home-modes",
  section: "state directory",
  description: "the state directory is yours alone and can be written",
  run(facts): Finding {
    const problems = facts.homeProblems();
    return failWhenAny(
      problems.map(({ path, message }) => `${path} ${message}`),
      problems.map(({ fix }) => fix).join("\n"),
    );
  },
});
