import { readFileSync } from "node:fs";
import type { HomeLayout } from "../../home/layout.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { PORT } from "../../messages/names.ts";

export interface ControllerPorts {
  readonly discoveryPort: number;
  readonly httpsPort: number;
}

/** The ports of the last start, which sidecars know; the usual ones for a new mesh. */
export function rememberedPorts(layout: HomeLayout): ControllerPorts {
  try {
    const { discoveryPort, httpsPort } = JSON.parse(readFileSync(layout.portsFile, "utf8")) as Partial<ControllerPorts>;
    if (isPort(discoveryPort) && isPort(httpsPort)) return { discoveryPort, httpsPort };
  } catch {
    // A first start, or a file that says nothing: the usual ports.
  }
  return { discoveryPort: PORT.DISCOVERY, httpsPort: PORT.HTTPS };
}

export async function rememberPorts(layout: HomeLayout, ports: ControllerPorts): Promise<void> {
  await writeFileAtomic(layout.portsFile, `${JSON.stringify(ports)}\n`, 0o600);
}

/** Listens on `preferred`, or where that is taken on any free port. Returns the one it got. */
export async function listenPreferring(listen: (port: number) => Promise<number>, preferred: number): Promise<number> {
  try {
    return await listen(preferred);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
    return listen(0);
  }
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 65536;
}
