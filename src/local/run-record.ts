import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { HomeLayout } from "../home/layout.ts";
import { writeFileAtomicSync } from "../lib/atomic-file.ts";
import { isAliveAs } from "./process.ts";

/** What a `meshctl run` notes about itself under runDir, for uninstall and for people. Holds no secret. */
export interface RunRecord {
  /** Of the supervisor. */
  readonly pid: number;
  readonly namespace: string;
  readonly name: string;
  readonly startedAt: string;
  readonly command: readonly string[];
  readonly appPid: number | null;
  readonly proxyPid: number | null;
  /** By what they are: `service api:80`, `upstream …`, `admin`, `outbound`. */
  readonly ports: Readonly<Record<string, number>>;
}

/** `namespace/name`. */
export function instanceOf({ namespace, name }: RunRecord): string {
  return `${namespace}/${name}`;
}

export function writeRunRecord(layout: HomeLayout, record: RunRecord): void {
  writeFileAtomicSync(recordFile(layout, record.namespace, record.name), `${JSON.stringify(record, null, 2)}\n`);
}

export function removeRunRecord(layout: HomeLayout, namespace: string, name: string): void {
  rmSync(recordFile(layout, namespace, name), { force: true });
}

/** Records whose supervisor runs, by namespace and name. Those a killed one left are passed over. */
export function liveRuns(layout: HomeLayout): readonly RunRecord[] {
  let names: readonly string[];
  try {
    names = readdirSync(layout.runDir).sort();
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    if (!name.endsWith(".json")) return [];
    try {
      const record = JSON.parse(readFileSync(join(layout.runDir, name), "utf8")) as RunRecord;
      return Number.isInteger(record.pid) && isAliveAs(record.pid, "meshctl") ? [record] : [];
    } catch {
      return [];
    }
  });
}

/** The note of the run that last had this name, whether it still runs or not; null when there is none to be read. */
export function readRunRecord(layout: HomeLayout, namespace: string, name: string): RunRecord | null {
  try {
    const record = JSON.parse(readFileSync(recordFile(layout, namespace, name), "utf8")) as RunRecord;
    return Number.isInteger(record.pid) ? record : null;
  } catch {
    return null;
  }
}

function recordFile(layout: HomeLayout, namespace: string, name: string): string {
  return join(layout.runDir, `${namespace}.${name}.json`);
}
