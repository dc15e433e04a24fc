import { FINE, type Finding, type HealthCheck } from "../contract.ts";

export const controllerProcess = Object.freeze<HealthCheck>({
  id: "controller-process",
  section: "control plane",
  description: "the controller process runs",
  needs: ["context"],
  platform: "local",
  run(facts): Finding {
    const { record, alive } = facts.controllerProcess();
    if (alive) return FINE;
    const next = "Start it with `meshctl local start`; `meshctl local logs` shows why it ended.";
    if (record === null) return { level: "error", reasons: [`no controller of ${facts.stateDirectory} has ever been healthy`], next };
    return { level: "error", reasons: [`process ${record.pid}, started ${record.startedAt}, is gone`], next };
  },
});
