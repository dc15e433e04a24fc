import { systemClock, sleep } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";

/** Longer than the startup probe of a native sidecar tries. */
const READY_LIMIT_MS = 150_000;
const LOOK_MS = 200;
/** Callers that are told to go elsewhere may still come back once. */
const QUIET_MS = 1_000;
const ASK_MS = 2_000;

/** True once the sidecar of this pod is ready; false, with the reason said, when it is not in time. */
export async function waitUntilReady(adminPort: number, say: (line: string) => void): Promise<boolean> {
  const until = systemClock.monotonicMs() + READY_LIMIT_MS;
  for (;;) {
    const { ok, text } = await ask(adminPort, "/readyz", "GET");
    if (ok) return true;
    if (systemClock.monotonicMs() >= until) {
      say(`the sidecar is not ready: ${text.trim()}`);
      return false;
    }
    await sleep(systemClock, LOOK_MS);
  }
}

/**
 * Begins the drain of this pod's sidecar; then waits up to `waitMs` until no caller has been connected for a second, so
 * that whoever ends the sidecar after this cuts no call off. False when the sidecar does not answer.
 */
export async function askForDrain(adminPort: number, waitMs: number, say: (line: string) => void): Promise<boolean> {
  const { ok, text } = await ask(adminPort, "/drain", "POST");
  if (!ok) {
    say(`the sidecar cannot be drained: ${text.trim()}`);
    return false;
  }
  const until = systemClock.monotonicMs() + waitMs;
  let quietSince: number | null = null;
  while (systemClock.monotonicMs() < until) {
    const metrics = await ask(adminPort, "/metrics", "GET");
    // It has ended: so have its connections.
    if (!metrics.ok) return true;
    const now = systemClock.monotonicMs();
    const quiet = connectionsOf(metrics.text) === 0;
    if (!quiet) quietSince = null;
    else if (quietSince === null) quietSince = now;
    else if (now - quietSince >= QUIET_MS) return true;
    await sleep(systemClock, LOOK_MS);
  }
  return true;
}

function connectionsOf(metrics: string): number {
  return Number(/^meshctl_inbound_connections(?:\{[^}]*\})? ([0-9.]+)/m.exec(metrics)?.[1] ?? 0);
}

async function ask(port: number, path: string, method: string): Promise<{ readonly ok: boolean; readonly text: string }> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, signal: AbortSignal.timeout(ASK_MS) });
    return { ok: answer.ok, text: await answer.text() };
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    return { ok: false, text: messageOf(cause ?? error) };
  }
}
