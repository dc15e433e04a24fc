import { existsSync } from "node:fs";
import { type ControllerRecord, readControllerRecord } from "../../home/controller-file.ts";
import type { HomeLayout } from "../../home/layout.ts";
import { isAliveAs } from "../process.ts";

/** Its name in command lines: bin/meshctl-controller.js. */
export const CONTROLLER_PROCESS = "meshctl-controller";

/** The control plane of a state directory, as far as its files and processes tell. */
export type ControllerState =
  | { readonly state: "not-installed" }
  /** Installed, but no such process runs: stopped, or killed. */
  | { readonly state: "stopped" }
  | { readonly state: "running"; readonly record: ControllerRecord };

export function controllerState(layout: HomeLayout): ControllerState {
  const record = readControllerRecord(layout);
  if (record !== null && isAliveAs(record.pid, CONTROLLER_PROCESS)) return { state: "running", record };
  return record !== null || isInstalled(layout) ? { state: "stopped" } : { state: "not-installed" };
}

/** The controller makes these on its first start, and only uninstall removes them. */
function isInstalled(layout: HomeLayout): boolean {
  return existsSync(layout.portsFile) || existsSync(layout.adminTokenFile);
}
