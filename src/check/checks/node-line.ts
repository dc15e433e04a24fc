import { FINE, type Finding, type HealthCheck } from "../contract.ts";
import { NODE_LINES, OLDEST_NODE, parseNodeVersion } from "../node-lines.ts";

export const nodeLine = Object.freeze<HealthCheck>({
  id: "node-line",
  section: "runtime",
  description: "Node.js gets security fixes",
  run({ nodeVersion, nowMs }): Finding {
    const { major, minor, patch } = parseNodeVersion(nodeVersion);
    const line = NODE_LINES[major];
    const next = "Install Node.js 24 (https://nodejs.org/en/download).";
    const [oldMajor, oldMinor, oldPatch] = OLDEST_NODE;
    if (compare([major, minor, patch], OLDEST_NODE) < 0) {
      return { level: "error", reasons: [`${nodeVersion} is older than ${oldMajor}.${oldMinor}.${oldPatch}, the oldest that works`], next };
    }
    if (line && nowMs >= Date.parse(line.endOfLife)) {
      return {
        level: "warning",
        reasons: [`Node.js ${major} (running: ${nodeVersion}) reached its end of life on ${line.endOfLife}`],
        next,
      };
    }
    return FINE;
  },
});

function compare(left: readonly number[], right: readonly number[]): number {
  for (const [index, value] of left.entries()) {
    const difference = value - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
