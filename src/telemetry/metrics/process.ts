import { cpuUsage, memoryUsage } from "node:process";
import { VERSION } from "../../lib/version.ts";
import type { MetricsRegistry } from "./registry.ts";

/** The figures every Prometheus client library gives of its process, under their usual names. */
export function addProcessMetrics(registry: MetricsRegistry, startedUnixMs: number): void {
  registry.read("gauge", "process_start_time_seconds", "Start of the process, Unix time.", () => startedUnixMs / 1_000);
  registry.read("gauge", "process_resident_memory_bytes", "Resident memory.", () => memoryUsage.rss());
  registry.read("counter", "process_cpu_seconds_total", "User and system CPU time.", () => {
    const { user, system } = cpuUsage();
    return (user + system) / 1_000_000;
  });
  registry
    .gauge("meshctl_build_info", "1, with the version of this build and of Node.", ["version", "node"])
    .with(VERSION, process.version)
    .set(1);
}
