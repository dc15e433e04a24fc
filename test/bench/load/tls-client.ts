import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ClientTls } from "../pair/contract.ts";
import { watched } from "../peer.ts";

const PROGRAM = fileURLToPath(new URL("./tls-client.mjs", import.meta.url));

export interface HandshakeResult {
  /** Handshakes that ended in an answered request. */
  readonly done: number;
  readonly errors: number;
  readonly firstError: string;
}

export async function runHandshakes(port: number, tls: ClientTls, seconds: number, lanes: number, core: number): Promise<HandshakeResult> {
  const args = ["-c", String(core), process.execPath, PROGRAM, String(port), String(seconds), String(lanes)];
  const child = watched(spawn("taskset", args, { stdio: ["ignore", "pipe", "inherit", "ipc"] }));
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  child.send(tls);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the TLS client ended with ${code}`);
  return JSON.parse(text) as HandshakeResult;
}
