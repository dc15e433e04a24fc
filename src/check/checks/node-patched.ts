import { FINE, type Finding, type HealthCheck } from "../contract.ts";
import { NODE_LINES, parseNodeVersion } from "../node-lines.ts";

export const nodePatched = Object.freeze<HealthCheck>({
  id: "node-patched",
  section: "runtime",
  description: "Node.js has the security fixes known to this release",
  run({ nodeVersion }): Finding {
    const { major, minor, patch } = parseNodeVersion(nodeVersion);
    const fixed = NODE_LINES[major]?.fixedIn;
    if (!fixed) return FINE;
    if (minor > fixed[0] || (minor === fixed[0] && patch >= fixed[1])) return FINE;
    const wanted = `${major}.${fixed[0]}.${fixed[1]}`;
    return {
      level: "warning",
      reasons: [`${nodeVersion} lacks the security fixes of ${wanted}`],
      next: `Install Node.js ${wanted} or newer.`,
    };
  },
});
