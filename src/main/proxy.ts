/** The sidecar: under a supervisor that tells it what to serve, or in a pod, which says so by its environment. */
import { obeySupervisor } from "./proxy/supervised.ts";

if (process.send === undefined) {
  const { runAlone } = await import("./proxy/alone.ts");
  await runAlone(process.argv.slice(2));
} else obeySupervisor();
