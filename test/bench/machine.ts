import { cpus, release } from "node:os";
import { LOAD_CORE, PROXY_CORE } from "./options.ts";

export function machine() {
  return { cpu: cpus()[0]?.model ?? "?", cores: cpus().length, kernel: release(), node: process.version };
}

export function machineLine(): string {
  const { cpu, cores, kernel, node } = machine();
  return `${cpu}, ${cores} cores, Linux ${kernel}, Node ${node}; proxies on core ${PROXY_CORE}, load and backend on core ${LOAD_CORE}`;
}
