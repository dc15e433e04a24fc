import { readFileSync } from "node:fs";
import type { HomeLayout } from "./layout.ts";

/** What a healthy controller wrote about itself. */
export interface ControllerRecord {
  readonly pid: number;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly discoveryPort: number;
  readonly httpsPort: number;
  readonly version: string;
}

/** The record of the last controller of this state directory; null when none ever was healthy, or the file is not one. */
export function readControllerRecord(layout: HomeLayout): ControllerRecord | null {
  try {
    const value = JSON.parse(readFileSync(layout.controllerFile, "utf8")) as Partial<ControllerRecord>;
    if (!isPort(value.discoveryPort) || !isPort(value.httpsPort) || !Number.isInteger(value.pid)) return null;
    return value as ControllerRecord;
  } catch {
    return null;
  }
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 65536;
}
