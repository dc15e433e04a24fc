import { type AppProbe, formatAppProbes } from "../../messages/app-probes.ts";
import { POD_PORT, PROXY_UID } from "../../messages/names.ts";
import { POD_ENV, POD_PATHS, POD_PROGRAM, TOKEN_AUDIENCE, TRUST_CONFIG_MAP, TRUST_KEY } from "../../messages/pod-names.ts";
import type { Json, JsonObject } from "../json.ts";
import { IDENTITY_VOLUME, INIT_CONTAINER, PROXY_CONTAINER, STATE_VOLUME, TRUST_VOLUME } from "../names.ts";
import { controllerService, type InjectValues, type PodSettings } from "../values.ts";

/** What of a pod decides how its proxy is started. */
export interface ProxyPod {
  /** `deployment/web`; empty when not known. */
  readonly workload: string;
  readonly probes: readonly AppProbe[];
  /** Seconds without another process until a classic sidecar of a job ends; null: it does not. */
  readonly quitAfterSeconds: number | null;
}

const TOKEN_SECONDS = 3600;
/** The proxy's own state is bounded at 16 MiB (saved configuration, key, leaf). */
const STATE_LIMIT = "16Mi";
const READ_ONLY_FOR_ALL = 0o444;
/** A proxy that has no certificate after two minutes will not have one: the pod shows it. */
const STARTUP_TRIES = 120;

/** Most pods of a run have the same settings, and so the same object. */
const INIT_CONTAINERS = new WeakMap<InjectValues, WeakMap<PodSettings, JsonObject>>();

/** Sets up redirection, then ends. NET_ADMIN and uid 0 are all it has beyond the restricted profile. */
export function initContainer(values: InjectValues, settings: PodSettings): JsonObject {
  const bySettings = INIT_CONTAINERS.get(values) ?? new WeakMap<PodSettings, JsonObject>();
  INIT_CONTAINERS.set(values, bySettings);
  const container = bySettings.get(settings) ?? makeInitContainer(values, settings);
  bySettings.set(settings, container);
  return container;
}

function makeInitContainer({ imagePullPolicy }: InjectValues, settings: PodSettings): JsonObject {
  const list = (flag: string, values: readonly string[]): string[] => (values.length === 0 ? [] : [`--${flag}=${values.join(",")}`]);
  return {
    name: INIT_CONTAINER,
    image: settings.image,
    ...pull(imagePullPolicy),
    command: POD_PROGRAM.INIT,
    args: [
      `--inbound-port=${POD_PORT.INBOUND}`,
      `--outbound-port=${POD_PORT.OUTBOUND}`,
      `--proxy-uid=${PROXY_UID}`,
      // The kubelet and Prometheus come here as they are; the admin port is for loopback.
      ...list("skip-inbound-ports", [String(POD_PORT.HEALTH), ...settings.skipInboundPorts]),
      ...list("skip-outbound-ports", settings.skipOutboundPorts),
      ...list("skip-subnets", settings.skipSubnets),
    ],
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsGroup: 0,
      runAsNonRoot: false,
      runAsUser: 0,
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
}

/** The proxy: a native sidecar, or a first container that others wait for. */
export function proxyContainer(values: InjectValues, settings: PodSettings, pod: ProxyPod): JsonObject {
  const health = { path: "/readyz", port: POD_PORT.HEALTH };
  const startup = { httpGet: health, periodSeconds: 1, timeoutSeconds: 3, failureThreshold: STARTUP_TRIES };
  const ready = { httpGet: health, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 3 };
  const drain = { exec: { command: [...POD_PROGRAM.PROXY, "drain", ...(settings.nativeSidecar ? [] : ["--wait"])] } };
  const wait = { exec: { command: [...POD_PROGRAM.PROXY, "wait"] } };
  return {
    name: PROXY_CONTAINER,
    image: settings.image,
    ...pull(values.imagePullPolicy),
    ...(settings.nativeSidecar ? { restartPolicy: "Always" } : {}),
    command: POD_PROGRAM.PROXY,
    args: ["pod"],
    env: environment(values, settings, pod),
    ports: [{ name: "meshctl-health", containerPort: POD_PORT.HEALTH, protocol: "TCP" }],
    resources: resources(settings),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsGroup: PROXY_UID,
      runAsNonRoot: true,
      runAsUser: PROXY_UID,
      seccompProfile: { type: "RuntimeDefault" },
    },
    startupProbe: startup,
    readinessProbe: ready,
    // A container that is no native sidecar holds the next one back by its postStart hook only.
    lifecycle: { ...(settings.nativeSidecar ? {} : { postStart: wait }), preStop: drain },
    volumeMounts: [
      { name: IDENTITY_VOLUME, mountPath: POD_PATHS.TOKEN_DIR, readOnly: true },
      { name: STATE_VOLUME, mountPath: POD_PATHS.STATE_DIR },
      { name: TRUST_VOLUME, mountPath: POD_PATHS.TRUST_DIR, readOnly: true },
    ],
  };
}

function environment(values: InjectValues, settings: PodSettings, pod: ProxyPod): Json {
  const field = (name: string, fieldPath: string): JsonObject => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const host = `${controllerService(settings.revision)}.${values.meshNamespace}.svc`;
  const plain: readonly (readonly [name: string, value: string])[] = [
    [POD_ENV.WORKLOAD, pod.workload],
    [POD_ENV.TRUST_DOMAIN, values.trustDomain],
    [POD_ENV.DISCOVERY, `${host}:15012`],
    [POD_ENV.CERTIFICATES, `${host}:15014`],
    [POD_ENV.REVISION, settings.revision],
    [POD_ENV.LOG_LEVEL, settings.logLevel],
    [POD_ENV.CONCURRENCY, String(settings.concurrency)],
    [POD_ENV.DRAIN, String(settings.drainSeconds)],
    [POD_ENV.OPAQUE_PORTS, settings.opaquePorts.join(",")],
    [POD_ENV.QUIT_AFTER, pod.quitAfterSeconds === null ? "" : String(pod.quitAfterSeconds)],
    [POD_ENV.APP_PROBES, pod.probes.length === 0 ? "" : formatAppProbes(pod.probes)],
  ];
  return [
    field(POD_ENV.NAME, "metadata.name"),
    field(POD_ENV.NAMESPACE, "metadata.namespace"),
    field(POD_ENV.IP, "status.podIP"),
    field(POD_ENV.NODE, "spec.nodeName"),
    field(POD_ENV.SERVICE_ACCOUNT, "spec.serviceAccountName"),
    ...plain.filter(([, value]) => value !== "").map(([name, value]) => ({ name, value })),
  ];
}

function resources({ cpuRequest, memoryRequest, cpuLimit, memoryLimit }: PodSettings): JsonObject {
  const of = (cpu: string, memory: string): JsonObject => ({ ...(cpu === "" ? {} : { cpu }), ...(memory === "" ? {} : { memory }) });
  const [requests, limits] = [of(cpuRequest, memoryRequest), of(cpuLimit, memoryLimit)];
  return { ...(Object.keys(requests).length > 0 ? { requests } : {}), ...(Object.keys(limits).length > 0 ? { limits } : {}) };
}

function pull(policy: InjectValues["imagePullPolicy"]): JsonObject {
  return policy === "" ? {} : { imagePullPolicy: policy };
}

/** Token, memory for keys and state, and the roots, which the controller keeps current in that ConfigMap. */
export const POD_VOLUMES: readonly JsonObject[] = [
  {
    name: IDENTITY_VOLUME,
    projected: {
      defaultMode: READ_ONLY_FOR_ALL,
      sources: [{ serviceAccountToken: { audience: TOKEN_AUDIENCE, expirationSeconds: TOKEN_SECONDS, path: "token" } }],
    },
  },
  { name: STATE_VOLUME, emptyDir: { medium: "Memory", sizeLimit: STATE_LIMIT } },
  {
    name: TRUST_VOLUME,
    configMap: { name: TRUST_CONFIG_MAP, items: [{ key: TRUST_KEY, path: "root.pem" }], defaultMode: READ_ONLY_FOR_ALL },
  },
];
