/** The built proxy as a process of its own, the way its supervisor starts it. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Bootstrap, FromProxy } from "../../../src/messages/bootstrap.ts";
import { spawnPinned, stopChild } from "../peer.ts";

const PROGRAM = fileURLToPath(new URL("../../../dist/proxy.js", import.meta.url));
const READY_LIMIT_MS = 15_000;
/** It drains before it ends, and a profile is written at the very end. */
const STOP_LIMIT_MS = 10_000;

export interface SidecarProcess {
  readonly pid: number;
  readonly ports: Extract<FromProxy, { kind: "listening" }>;
  stop(): Promise<void>;
}

/** Null when there is no built proxy. */
export function builtVersion(): string | null {
  return existsSync(PROGRAM) ? `dist/proxy.js on Node ${process.version}` : null;
}

/** `until` is the message to wait for: a proxy with saved configuration and no controller never gets ready. */
export async function startSidecar(
  bootstrap: Bootstrap,
  nodeFlags: readonly string[],
  core: number,
  until: "listening" | "ready" = "ready",
): Promise<SidecarProcess> {
  const child = spawnPinned(core, process.execPath, [...nodeFlags, PROGRAM], true);
  let ports: SidecarProcess["ports"] | null = null;
  const told = new Promise<SidecarProcess["ports"]>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`the proxy of ${bootstrap.instance} is not ${until}`)), READY_LIMIT_MS);
    child.on("message", (message: FromProxy) => {
      if (message.kind === "listening") ports = message;
      if (message.kind === "fatal") reject(new Error(message.message));
      if (message.kind !== until || ports === null) return;
      clearTimeout(limit);
      resolve(ports);
    });
    child.once("exit", (code) => reject(new Error(`the proxy of ${bootstrap.instance} ended with ${code}`)));
  });
  child.send(bootstrap);
  return { pid: child.pid as number, ports: await told, stop: () => stopChild(child, STOP_LIMIT_MS) };
}
