import type { Violation } from "../../lib/errors.ts";
import { LABEL, POD_PORT, PROXY_UID } from "../../messages/names.ts";
import { type Json, type JsonObject, objectOf, objectsOf } from "../json.ts";
import { IDENTITY_VOLUME, INIT_CONTAINER, PROXY_CONTAINER, SERVICE_ACCOUNT_TOKEN, STATE_VOLUME, TRUST_VOLUME } from "../names.ts";
import { pathText } from "./probes.ts";
import { DEFAULT_SETTINGS, type PodSettings } from "../values.ts";

/** Why a pod is left as it is, by reason of its own. */
export type SkipCode =
  | "opted-out"
  | "namespace-opted-out"
  | "mesh-namespace"
  | "host-network"
  | "windows"
  | "no-service-account-token"
  | "injected"
  | "unknown-version";

export interface Skip {
  readonly code: SkipCode;
  readonly reason: string;
}

/** Containers of other meshes: two proxies in a pod take each other's traffic. */
const FOREIGN_SIDECARS = ["istio-proxy", "istio-init", "linkerd-proxy", "linkerd-init", "consul-dataplane", "kuma-sidecar"];
const OWN_VOLUMES = [IDENTITY_VOLUME, STATE_VOLUME, TRUST_VOLUME];
const OWN_PORTS: readonly number[] = Object.values(POD_PORT);

/** What the pod says of injection itself, as label or annotation: null when nothing; a violation when it is neither word. */
export function optOf(metadata: JsonObject): "enabled" | "disabled" | null | Violation {
  for (const where of ["annotations", "labels"] as const) {
    const value = objectOf(metadata[where])[LABEL.INJECT];
    if (value === undefined) continue;
    if (value === "enabled" || value === "disabled") return value;
    return {
      path: `metadata.${where}["${LABEL.INJECT}"]`,
      message: `${JSON.stringify(value)} is not one of enabled, disabled`,
      hint: "in quotes",
    };
  }
  return null;
}

/** Why this pod cannot have a sidecar and is left as it is; null when it can. */
export function skipOf(metadata: JsonObject, spec: JsonObject): Skip | null {
  if (spec.hostNetwork === true) {
    return { code: "host-network", reason: "hostNetwork is true: redirecting its traffic would redirect the node's" };
  }
  const os = objectOf(spec.os).name ?? objectOf(spec.nodeSelector)["kubernetes.io/os"];
  if (os === "windows") return { code: "windows", reason: "it runs on Windows, the proxy on Linux only" };
  if (spec.automountServiceAccountToken === false && objectOf(metadata.annotations)[SERVICE_ACCOUNT_TOKEN] !== "allow") {
    return {
      code: "no-service-account-token",
      reason: `automountServiceAccountToken is false and the proxy needs a token (annotate ${SERVICE_ACCOUNT_TOKEN}: allow to give it one, for audience meshctl.dev only)`,
    };
  }
  return null;
}

/** What makes the pod one that must not be injected, and not run without anybody having looked. */
export function refusalsOf(metadata: JsonObject, spec: JsonObject): Violation[] {
  const token = objectOf(metadata.annotations)[SERVICE_ACCOUNT_TOKEN];
  return [
    ...(token === undefined || token === "allow"
      ? []
      : [{ path: `metadata.annotations["${SERVICE_ACCOUNT_TOKEN}"]`, message: `${JSON.stringify(token)} is not allow` }]),
    ...containerShape(spec),
    ...foreignSidecars(spec),
    ...ownNames(spec),
    ...ownPorts(spec),
    ...ownIds(spec),
  ];
}

function containerShape(spec: JsonObject): Violation[] {
  const { containers } = spec;
  if (!Array.isArray(containers) || containers.length === 0)
    return [{ path: "spec.containers", message: "a pod needs at least one container" }];
  const seen = new Set<Json>();
  return each(spec, (container, path) => {
    const { name } = container;
    if (typeof name !== "string" || !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
      return { path: `${path}.name`, message: name === undefined ? "is required" : `${JSON.stringify(name)} is not a container's name` };
    }
    if (seen.has(name)) return { path: `${path}.name`, message: `there are two containers called ${name}` };
    seen.add(name);
    return null;
  });
}

function foreignSidecars(spec: JsonObject): Violation[] {
  return each(spec, ({ name }, path) =>
    FOREIGN_SIDECARS.includes(String(name))
      ? {
          path,
          message: `the pod has a sidecar of another mesh (${String(name)})`,
          hint: `take it out first, or annotate the pod ${LABEL.INJECT}: disabled`,
        }
      : null,
  );
}

function ownNames(spec: JsonObject): Violation[] {
  const volumes = objectsOf(spec.volumes).flatMap(({ name }) =>
    OWN_VOLUMES.includes(String(name))
      ? [{ path: "spec.volumes", message: `has a volume ${String(name)} that injection did not add` }]
      : [],
  );
  const containers = each(spec, ({ name }, path) =>
    name === PROXY_CONTAINER || name === INIT_CONTAINER
      ? { path, message: `container ${name} was not added by injection, or its record is gone` }
      : null,
  );
  return [...containers, ...volumes];
}

function ownPorts(spec: JsonObject): Violation[] {
  return each(spec, (container, path) => {
    const taken = objectsOf(container.ports).find(({ containerPort }) => OWN_PORTS.includes(Number(containerPort)));
    return taken === undefined ? null : { path: `${path}.ports`, message: `port ${String(taken.containerPort)} is the proxy's` };
  });
}

/** What runs as the proxy's user or group is not redirected: it would speak past the mesh. */
function ownIds(spec: JsonObject): Violation[] {
  const common = objectOf(spec.securityContext);
  return each(spec, (container, path) => {
    const own = objectOf(container.securityContext);
    for (const field of ["runAsUser", "runAsGroup"] as const) {
      if ((own[field] ?? common[field]) !== PROXY_UID) continue;
      const where = own[field] === undefined ? "spec.securityContext" : `${path}.securityContext`;
      return {
        path: `${where}.${field}`,
        message: `${PROXY_UID} is the proxy's own: container ${String(container.name)} would speak past it`,
      };
    }
    return null;
  });
}

function each(spec: JsonObject, judge: (container: JsonObject, path: string) => Violation | null): Violation[] {
  return (["initContainers", "containers"] as const).flatMap((list) =>
    (Array.isArray(spec[list]) ? (spec[list] as readonly Json[]) : []).flatMap((container, index) => {
      const found = judge(objectOf(container), pathText(["spec", list, index]));
      return found === null ? [] : [found];
    }),
  );
}

/** What works less well than one would think. */
export function warningsOf(spec: JsonObject, { nativeSidecar: native, opaquePorts }: PodSettings): Violation[] {
  const opaque = opaquePorts.join(",");
  if (opaque === DEFAULT_SETTINGS.opaquePorts.join(",")) return specWarnings(spec, native);
  // The pod carries the list, and no proxy reads it yet.
  const ignored = {
    path: "opaque-ports",
    message: `${opaque || "none"}: not acted on yet`,
    hint: "Declare it where callers look too: `appProtocol: tcp` on the Service's port.",
  };
  return [ignored, ...specWarnings(spec, native)];
}

function specWarnings(spec: JsonObject, native: boolean): Violation[] {
  const udp = each(spec, (container, path) => {
    const ports = objectsOf(container.ports).filter(({ protocol }) => protocol === "UDP");
    const list = ports.map(({ containerPort }) => String(containerPort)).join(", ");
    return ports.length === 0 ? null : { path: `${path}.ports`, message: `UDP ${list}: passes untouched and unprotected` };
  });
  if (native || objectsOf(spec.initContainers).length === 0) return udp;
  const init = {
    path: "spec.initContainers",
    message: "run before a proxy that is no native sidecar: they reach nothing over the network",
  };
  return [...udp, init];
}
