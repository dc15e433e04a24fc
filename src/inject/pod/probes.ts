import type { AppCheck, AppProbe, AppProbePurpose } from "../../messages/app-probes.ts";
import { POD_PORT } from "../../messages/names.ts";
import type { Violation } from "../../lib/errors.ts";
import type { PodEdit, PodPath } from "../edits.ts";
import { type Json, isObject, type JsonObject, objectOf, objectsOf } from "../json.ts";

export interface RewrittenProbes {
  readonly edits: readonly PodEdit[];
  /** What the sidecar has to ask the application in the kubelet's place. */
  readonly probes: readonly AppProbe[];
  readonly violations: readonly Violation[];
  readonly warnings: readonly Violation[];
}

const FIELDS: readonly (readonly [path: readonly string[], purpose: AppProbePurpose])[] = [
  [["livenessProbe"], "liveness"],
  [["readinessProbe"], "readiness"],
  [["startupProbe"], "startup"],
  [["lifecycle", "postStart"], "post-start"],
  [["lifecycle", "preStop"], "pre-stop"],
];
/** Of Kubernetes, for a probe that names none. */
const DEFAULT_TIMEOUT_SECONDS = 1;
/** Hooks have no time-out of their own: the pod's grace period ends them. */
const HOOK_TIMEOUT_MS = 60_000;

/**
 * Every network probe and hook of the containers at `list` (`containers` or `initContainers`), sent to the sidecar's health
 * port. `exec` and `sleep` need no network and stay; so does what names a host of its own, which is not the pod.
 */
export function rewriteProbes(spec: JsonObject, list: "containers" | "initContainers"): RewrittenProbes {
  const found: { edits: PodEdit[]; probes: AppProbe[]; violations: Violation[]; warnings: Violation[] } = {
    edits: [],
    probes: [],
    violations: [],
    warnings: [],
  };
  const containers = spec[list];
  for (const [index, container] of Array.isArray(containers) ? containers.entries() : []) {
    if (!isObject(container)) continue;
    for (const [steps, purpose] of FIELDS) {
      const handler = steps.reduce<Json | undefined>((value, step) => objectOf(value)[step], container);
      if (!isObject(handler)) continue;
      const path: PodPath = ["spec", list, index, ...steps];
      const result = rewriteHandler(handler, path, container, purpose);
      if (result === null) continue;
      if ("message" in result)
        (result.harmless ? found.warnings : found.violations).push({ path: pathText(path), message: result.message });
      else {
        found.edits.push(result.edit);
        found.probes.push(result.probe);
      }
    }
  }
  return found;
}

type Rewritten = { readonly edit: PodEdit; readonly probe: AppProbe } | { readonly message: string; readonly harmless: boolean } | null;

function rewriteHandler(handler: JsonObject, path: PodPath, container: JsonObject, purpose: AppProbePurpose): Rewritten {
  const hook = purpose === "post-start" || purpose === "pre-stop";
  const key = (["httpGet", "tcpSocket", "grpc"] as const).find((each) => isObject(handler[each]));
  if (key === undefined) return null;
  if (hook && key !== "httpGet") return { harmless: true, message: `${key} is no hook that Kubernetes runs: left as it is` };
  const action = objectOf(handler[key]);
  if (typeof action.host === "string" && action.host !== "") {
    return { harmless: true, message: `asks host ${action.host}, not the pod: left as it is` };
  }
  const port = resolvePort(action.port, container);
  if (port === null)
    return {
      harmless: false,
      message: `port ${JSON.stringify(action.port ?? null)} is not a port of container ${containerName(container)}`,
    };
  if (port === POD_PORT.HEALTH) return { harmless: false, message: `port ${port} is the proxy's own` };
  const at = `/app-probes/${containerName(container)}/${purpose}`;
  const check = checkOf(key, action, port);
  const timeoutMs = hook ? HOOK_TIMEOUT_MS : secondsOf(handler.timeoutSeconds) * 1000;
  const value = { path: at, port: POD_PORT.HEALTH };
  return { edit: { op: "replace-pair", path, key, newKey: "httpGet", value }, probe: { at, purpose, timeoutMs, check } };
}

function checkOf(key: "httpGet" | "tcpSocket" | "grpc", action: JsonObject, port: number): AppCheck {
  if (key === "tcpSocket") return { kind: "tcp", port };
  if (key === "grpc") return { kind: "grpc", port, service: typeof action.service === "string" ? action.service : "" };
  const path = typeof action.path === "string" && action.path !== "" ? action.path : "/";
  const headers = objectsOf(action.httpHeaders).map(({ name, value }) => [String(name), String(value ?? "")] as const);
  return { kind: "http", port, path: path.startsWith("/") ? path : `/${path}`, tls: action.scheme === "HTTPS", headers };
}

/** A number, a number as text, or the name of one of the container's ports. */
function resolvePort(port: Json | undefined, container: JsonObject): number | null {
  const named = objectsOf(container.ports).find(({ name }) => name !== undefined && name === port)?.containerPort;
  const value = typeof port === "string" ? (named ?? (/^[0-9]{1,5}$/.test(port) ? Number(port) : null)) : port;
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535 ? value : null;
}

function secondsOf(value: Json | undefined): number {
  return typeof value === "number" && value >= 1 && value <= 3600 ? Math.floor(value) : DEFAULT_TIMEOUT_SECONDS;
}

function containerName(container: JsonObject): string {
  return String(container.name);
}

/** `spec.containers[0].livenessProbe` */
export function pathText(path: PodPath): string {
  return path.map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`)).join("");
}
