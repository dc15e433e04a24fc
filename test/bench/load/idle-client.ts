import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ClientTls } from "../pair/contract.ts";
import { stopChild, watched } from "../peer.ts";

const PROGRAM = fileURLToPath(new URL("./idle-client.mjs", import.meta.url));
const LIMIT_MS = 60_000;

export interface IdleConnections {
  /** How many stand. */
  readonly opened: number;
  close(): Promise<void>;
}

/** `count` connections that have asked once each and are silent now. */
export async function openIdle(port: number, count: number, tls: ClientTls | null, core: number): Promise<IdleConnections> {
  const args = ["-c", String(core), process.execPath, PROGRAM, String(port), String(count)];
  const child = watched(spawn("taskset", args, { stdio: ["ignore", "ignore", "inherit", "ipc"] }));
  child.send(tls as object);
  const opened = await new Promise<number>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`not within ${LIMIT_MS} ms: ${count} connections to port ${port}`)), LIMIT_MS);
    child.once("message", (message) => {
      clearTimeout(limit);
      resolve((message as { opened: number }).opened);
    });
    child.once("exit", (code) => reject(new Error(`the idle client ended with ${code}`)));
  });
  return { opened, close: () => stopChild(child) };
}
