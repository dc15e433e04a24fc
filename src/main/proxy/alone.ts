import { POD_ENV } from "../../messages/pod-names.ts";
import { POD_PORT } from "../../messages/names.ts";
import { EXIT } from "../../lib/errors.ts";
import { runPod } from "./pod.ts";
import { askForDrain, waitUntilReady } from "./pod-hooks.ts";
import { readWhole } from "./pod-settings.ts";

const USAGE = `meshctl-proxy is started by \`meshctl run\`, which tells it what to serve, or in a pod:

  meshctl-proxy pod             serve as this pod's sidecar, as its environment says
  meshctl-proxy wait            end when the sidecar of this pod is ready
  meshctl-proxy drain [--wait]  begin its drain; with --wait, end when no caller is connected any more
`;

/** What the first word says. Only `pod` does not end by itself. */
export async function runAlone(words: readonly string[]): Promise<void> {
  const [mode, ...rest] = words;
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const adminPort = readWhole(process.env[POD_ENV.ADMIN_PORT], POD_PORT.ADMIN, 65_535) ?? POD_PORT.ADMIN;
  if (mode === "pod" && rest.length === 0) return runPod(process.env);
  if (mode === "wait" && rest.length === 0) process.exit((await waitUntilReady(adminPort, say)) ? EXIT.OK : EXIT.NOT_FINE);
  if (mode === "drain" && (rest.length === 0 || (rest.length === 1 && rest[0] === "--wait"))) {
    const drainSeconds = readWhole(process.env[POD_ENV.DRAIN], 30, 3600) ?? 30;
    process.exit((await askForDrain(adminPort, rest.length === 1 ? drainSeconds * 1000 : 0, say)) ? EXIT.OK : EXIT.NOT_FINE);
  }
  process.stderr.write(USAGE);
  process.exit(EXIT.USAGE);
}
