/**
 * What the controller takes from its environment. Beside MESHCTL_HOME (src/home/layout.ts):
 *
 * - MESHCTL_LOG_LEVEL: trace, debug, info (default), warn, error.
 * - MESHCTL_PLATFORM: local (default); `kubernetes` is refused until the controller can work there.
 * - MESHCTL_LISTEN_ADDRESS: IP address its ports are bound to; 127.0.0.1 by default, so that nothing outside this machine reaches them.
 * - MESHCTL_LEAF_TTL_SECONDS, MESHCTL_ISSUER_TTL_SECONDS: scaled certificate lifetimes, for tests of rotation.
 */
import { isIP } from "node:net";
import { DEFAULT_LIFETIMES, type Lifetimes } from "../../ca/profile.ts";
import { type HomeLayout, homeLayout, homeRoot } from "../../home/layout.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import { type LogLevel, parseLogLevel } from "../../telemetry/log.ts";

export interface ControllerSettings {
  readonly layout: HomeLayout;
  readonly logLevel: LogLevel;
  readonly listenAddress: string;
  readonly lifetimes: Lifetimes;
}

/** Throws {@link UserError} for a value that cannot be meant. */
export function controllerSettings(env: Readonly<Record<string, string | undefined>>, userHome: string): ControllerSettings {
  const platform = env.MESHCTL_PLATFORM || "local";
  if (platform === "kubernetes") {
    throw new UserError("this controller does not run on Kubernetes yet", {
      hint: "It serves one machine: meshctl install --local",
      exitCode: EXIT.USAGE,
    });
  }
  if (platform !== "local") throw bad("MESHCTL_PLATFORM", "must be local");
  const logLevel = parseLogLevel(env.MESHCTL_LOG_LEVEL ?? "info");
  if (logLevel === null) throw bad("MESHCTL_LOG_LEVEL", "must be trace, debug, info, warn or error");
  const listenAddress = env.MESHCTL_LISTEN_ADDRESS || "127.0.0.1";
  if (isIP(listenAddress) === 0) throw bad("MESHCTL_LISTEN_ADDRESS", "must be an IP address of this machine, or 0.0.0.0");
  const leafMs = seconds(env, "MESHCTL_LEAF_TTL_SECONDS") ?? DEFAULT_LIFETIMES.leafMs;
  const issuerMs = seconds(env, "MESHCTL_ISSUER_TTL_SECONDS") ?? DEFAULT_LIFETIMES.issuerMs;
  return {
    layout: homeLayout(homeRoot(env, userHome)),
    logLevel,
    listenAddress,
    // A client's certificate has to end before its issuer, as a leaf does.
    lifetimes: { ...DEFAULT_LIFETIMES, leafMs, issuerMs, maxClientMs: Math.min(DEFAULT_LIFETIMES.maxClientMs, issuerMs / 2) },
  };
}

function seconds(env: Readonly<Record<string, string | undefined>>, name: string): number | null {
  const text = env[name];
  if (text === undefined || text === "") return null;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw bad(name, "must be a whole number of seconds above zero");
  return value * 1000;
}

function bad(name: string, message: string): UserError {
  return new UserError(`${name} ${message}`, { exitCode: EXIT.USAGE });
}
