import type { PartialValues } from "./schema.ts";

/** What each profile says differently from the values' own defaults. */
export const PROFILES: Readonly<Record<"default" | "ha" | "demo", PartialValues>> = Object.freeze({
  default: {},
  ha: {
    controller: {
      replicas: 3,
      antiAffinity: "required",
      spreadOverZones: true,
      resources: { cpuRequest: "500m", memoryRequest: "512Mi", memoryLimit: "2Gi" },
    },
    autoscaling: { enabled: true },
  },
  demo: {
    controller: { replicas: 1, resources: { cpuRequest: "50m", memoryRequest: "128Mi", memoryLimit: "512Mi" } },
    disruptionBudget: { enabled: false },
    injection: { failurePolicy: "Ignore" },
    mesh: { tracingSamplingPercent: 100 },
  },
});

export type ProfileName = keyof typeof PROFILES;
export const PROFILE_NAMES = Object.freeze(Object.keys(PROFILES)) as readonly ProfileName[];
