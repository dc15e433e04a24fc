import { isIP } from "node:net";
import { join } from "node:path";
import { type AppProbe, parseAppProbes } from "../../messages/app-probes.ts";
import type { Bootstrap } from "../../messages/bootstrap.ts";
import { DEFAULT_TRUST_DOMAIN, POD_PORT } from "../../messages/names.ts";
import { POD_ENV, POD_PATHS } from "../../messages/pod-names.ts";
import { parseLogLevel } from "../../telemetry/log.ts";

/** What a pod's environment says, judged. */
export interface PodSettings {
  readonly bootstrap: Omit<Bootstrap, "trustBundle" | "joinToken">;
  readonly trustFile: string;
  readonly tokenFile: string;
  readonly podIp: string;
  readonly healthPort: number;
  readonly probes: readonly AppProbe[];
  /** Null: the pod ends when others end it. */
  readonly quitAfterMs: number | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings, or a sentence that names the variable that is wrong. */
export function podSettings(env: Environment): PodSettings | string {
  const missing = [POD_ENV.NAME, POD_ENV.NAMESPACE, POD_ENV.IP, POD_ENV.SERVICE_ACCOUNT, POD_ENV.DISCOVERY, POD_ENV.CERTIFICATES].find(
    (name) => (env[name] ?? "") === "",
  );
  if (missing !== undefined) return `${missing} is not set: this program runs as the sidecar that \`meshctl inject\` puts into a pod`;
  const text = (name: string): string => env[name] ?? "";
  if (isIP(text(POD_ENV.IP)) === 0) return `${POD_ENV.IP}: ${JSON.stringify(text(POD_ENV.IP))} is no address`;
  const numbers = readNumbers(env);
  if (typeof numbers === "string") return numbers;
  const logLevel = parseLogLevel(env[POD_ENV.LOG_LEVEL] || "info");
  if (logLevel === null) return `${POD_ENV.LOG_LEVEL}: levels are trace, debug, info, warn and error`;
  const probes = parseAppProbes(text(POD_ENV.APP_PROBES));
  if (typeof probes === "string") return `${POD_ENV.APP_PROBES}: ${probes}`;
  const path = (of: string): string => join(env[POD_ENV.ROOT] || "/", of);
  const namespace = text(POD_ENV.NAMESPACE);
  return {
    bootstrap: {
      kind: "bootstrap",
      instance: `${namespace}/${text(POD_ENV.NAME)}`,
      namespace,
      // deployment/web
      workload: text(POD_ENV.WORKLOAD).split("/").at(-1) || text(POD_ENV.NAME),
      serviceAccount: text(POD_ENV.SERVICE_ACCOUNT),
      trustDomain: env[POD_ENV.TRUST_DOMAIN] || DEFAULT_TRUST_DOMAIN,
      controller: { discovery: text(POD_ENV.DISCOVERY), https: text(POD_ENV.CERTIFICATES) },
      inbound: [],
      upstreams: [],
      // What the application opens comes redirected: there is no listener for HTTP_PROXY.
      outboundPort: 0,
      captured: { outboundPort: numbers.outboundPort, inboundPort: numbers.inboundPort, addresses: [text(POD_ENV.IP)] },
      adminPort: numbers.adminPort,
      savedDir: join(path(POD_PATHS.STATE_DIR), "saved"),
      logLevel,
      drainMs: numbers.drainSeconds * 1000,
      concurrency: numbers.concurrency,
    },
    trustFile: path(POD_PATHS.TRUST_FILE),
    tokenFile: path(POD_PATHS.TOKEN_FILE),
    podIp: text(POD_ENV.IP),
    healthPort: numbers.healthPort,
    probes,
    quitAfterMs: numbers.quitAfterSeconds === null ? null : numbers.quitAfterSeconds * 1000,
  };
}

interface Numbers {
  readonly outboundPort: number;
  readonly inboundPort: number;
  readonly adminPort: number;
  readonly healthPort: number;
  readonly drainSeconds: number;
  readonly concurrency: number;
  readonly quitAfterSeconds: number | null;
}

function readNumbers(env: Environment): Numbers | string {
  const ranges = {
    outboundPort: [POD_ENV.OUTBOUND_PORT, POD_PORT.OUTBOUND, 65_535],
    inboundPort: [POD_ENV.INBOUND_PORT, POD_PORT.INBOUND, 65_535],
    adminPort: [POD_ENV.ADMIN_PORT, POD_PORT.ADMIN, 65_535],
    healthPort: [POD_ENV.HEALTH_PORT, POD_PORT.HEALTH, 65_535],
    drainSeconds: [POD_ENV.DRAIN, 30, 3600],
    concurrency: [POD_ENV.CONCURRENCY, 1, 64],
    quitAfterSeconds: [POD_ENV.QUIT_AFTER, 0, 86_400],
  } as const;
  const found: Record<string, number> = {};
  for (const [field, [name, fallback, most]] of Object.entries(ranges)) {
    const value = readWhole(env[name], fallback, most);
    if (value === null) return `${name}: ${JSON.stringify(env[name])} is not a whole number up to ${most}`;
    found[field] = value;
  }
  const quits = (env[POD_ENV.QUIT_AFTER] ?? "") !== "";
  return { ...(found as unknown as Numbers), quitAfterSeconds: quits ? (found.quitAfterSeconds ?? null) : null };
}

/** `fallback` for what is not set; null for what is no whole number from 0 to `most`. */
export function readWhole(text: string | undefined, fallback: number, most: number): number | null {
  if (text === undefined || text === "") return fallback;
  return /^[0-9]{1,6}$/.test(text) && Number(text) <= most ? Number(text) : null;
}
