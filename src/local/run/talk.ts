import { EXIT, UserError } from "../../lib/errors.ts";
import type { SidecarPorts } from "./environment.ts";
import type { RunPlan } from "./plan.ts";

/** What a run says once, when its command has been started. */
export function greeting({ instance, services, upstreams }: RunPlan, ports: SidecarPorts): readonly string[] {
  const served = services.map(({ name, port, appPort }) => `${name}:${port} (application port ${appPort})`).join(", ");
  const called = upstreams.map(({ destination }, index) => `${destination} at 127.0.0.1:${ports.upstreams[index]}`).join(", ");
  const first = `${instance} is in the mesh${served ? `, serves ${served}` : ""}${called ? `, reaches ${called}` : ""}`;
  if (services.length === 0) return [first];
  return [first, "programs on this machine can still reach the application's own port directly, without mutual TLS"];
}

export function noNamespace(namespace: string): UserError {
  return new UserError(`there is no namespace ${namespace}`, {
    hint: `Make it: echo '{apiVersion: v1, kind: Namespace, metadata: {name: ${namespace}}}' | meshctl apply -f -`,
  });
}

export function portTaken(port: number): UserError {
  return new UserError(`port ${port} is in use: another program listens on 127.0.0.1:${port}`, {
    hint: "End it, or give the application another port (--port 0 picks one and sets PORT).",
    exitCode: EXIT.REFUSED,
  });
}

/** `why` in the sidecar's words; `logFile` is its own log. */
export function sidecarNotStarted(why: string, logFile: string): UserError {
  const taken = /EADDRINUSE|in use/.test(why);
  return new UserError(`the sidecar could not start: ${why}`, {
    hint: taken ? "Give --upstream another port, or none: then a free one is picked." : `Its log is ${logFile}.`,
    exitCode: taken ? EXIT.REFUSED : EXIT.NOT_FINE,
  });
}
