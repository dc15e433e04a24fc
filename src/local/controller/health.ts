import { get } from "node:https";
import type { Clock } from "../../lib/clock.ts";

const ANSWER_MS = 2_000;

/** Null when the controller says that it is ready, over TLS verified against `ca` (PEM); else why not. */
export function unhealthyBecause(httpsPort: number, ca: string, clock: Clock): Promise<string | null> {
  return new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port: httpsPort, path: "/readyz", ca, agent: false }, (response) => {
      timer.cancel();
      response.resume();
      resolve(response.statusCode === 200 ? null : `its /readyz answers ${response.statusCode}`);
    });
    const timer = clock.setTimer(() => request.destroy(new Error(`no answer in ${ANSWER_MS / 1000} s`)), ANSWER_MS);
    request.on("error", (error) => {
      timer.cancel();
      resolve(error.message);
    });
  });
}
