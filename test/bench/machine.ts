import { cpus, loadavg, release } from "node:os";
import { LOAD_CORE, PROXY_CORE } from "./options.ts";

/** Of the minute before the benchmark: what else kept the machine busy. */
const LOAD_BEFORE = Number(loadavg()[0]?.toFixed(2));

export function machine() {
  return { cpu: cpus()[0]?.model ?? "?", cores: cpus().length, kernel: release(), node: process.version, load: LOAD_BEFORE };
}

export function machineLine(): string {
  const { cpu, cores, kernel, node, load } = machine();
  return `${cpu}, ${cores} cores, Linux ${kernel}, Node ${node}, load average before ${load}; proxies on core ${PROXY_CORE}, load and backend on core ${LOAD_CORE}`;
}
