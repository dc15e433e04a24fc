/**
 * The application's own probes and lifecycle hooks, which the kubelet asks the sidecar for on its health port: a pod that
 * takes mutual TLS only would refuse the kubelet. The list is fixed when the pod is made; nothing in a request adds to it.
 */

export type AppCheck =
  | {
      readonly kind: "http";
      readonly port: number;
      /** As the kubelet would ask for it: with query, with a leading slash. */
      readonly path: string;
      readonly tls: boolean;
      readonly headers: readonly (readonly [name: string, value: string])[];
    }
  | { readonly kind: "tcp"; readonly port: number }
  /** grpc.health.v1.Health/Check of this service, in plain HTTP/2. */
  | { readonly kind: "grpc"; readonly port: number; readonly service: string };

export interface AppProbe {
  /** Path on the health port: `/app-probes/<container>/<purpose>`. */
  readonly at: string;
  readonly purpose: AppProbePurpose;
  readonly timeoutMs: number;
  readonly check: AppCheck;
}

export const APP_PROBE_PURPOSES = ["liveness", "readiness", "startup", "post-start", "pre-stop"] as const;
export type AppProbePurpose = (typeof APP_PROBE_PURPOSES)[number];

/** Every probe of a pod with so many containers fits; more is a mistake or an attempt to fill memory. */
const MAX_PROBES = 256;
const MAX_TEXT = 128 * 1024;

/** One line of JSON. */
export function formatAppProbes(probes: readonly AppProbe[]): string {
  return JSON.stringify(probes);
}

/** The list in `text`, or a sentence that says what is wrong with it. Empty text is an empty list. */
export function parseAppProbes(text: string): readonly AppProbe[] | string {
  if (text === "") return [];
  if (text.length > MAX_TEXT) return `longer than ${MAX_TEXT} characters`;
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return "not JSON";
  }
  if (!Array.isArray(list) || list.length > MAX_PROBES) return `not a list of at most ${MAX_PROBES} probes`;
  const probes: AppProbe[] = [];
  for (const [index, item] of list.entries()) {
    const probe = readProbe(item);
    if (probe === null) return `probe ${index} is not one`;
    probes.push(probe);
  }
  return probes;
}

function readProbe(item: unknown): AppProbe | null {
  if (!isRecord(item) || typeof item.at !== "string" || !item.at.startsWith("/app-probes/")) return null;
  const purpose = APP_PROBE_PURPOSES.find((each) => each === item.purpose);
  const check = readCheck(item.check);
  if (purpose === undefined || check === null || !isWhole(item.timeoutMs, 1, 3_600_000)) return null;
  return { at: item.at, purpose, timeoutMs: item.timeoutMs, check };
}

function readCheck(check: unknown): AppCheck | null {
  if (!isRecord(check) || !isWhole(check.port, 1, 65_535)) return null;
  const { kind, port } = check;
  if (kind === "tcp") return { kind, port };
  if (kind === "grpc") return typeof check.service === "string" ? { kind, port, service: check.service } : null;
  if (kind !== "http" || typeof check.path !== "string" || typeof check.tls !== "boolean" || !Array.isArray(check.headers)) return null;
  const headers: [string, string][] = [];
  for (const header of check.headers as unknown[]) {
    if (!Array.isArray(header) || typeof header[0] !== "string" || typeof header[1] !== "string") return null;
    headers.push([header[0], header[1]]);
  }
  return { kind, port, path: check.path, tls: check.tls, headers };
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
