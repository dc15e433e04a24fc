import { VERSION } from "../lib/version.ts";
import { DEFAULT_TRUST_DOMAIN, SYSTEM_NAMESPACE } from "../messages/names.ts";
import { DEFAULT_REVISION } from "./names.ts";

/** What a person may set of an injected pod, by flag for all pods or by annotation for one. */
export interface PodSettings {
  readonly revision: string;
  readonly image: string;
  readonly nativeSidecar: boolean;
  readonly logLevel: string;
  /** Processes of the proxy. */
  readonly concurrency: number;
  /** How long a pod that ends waits for its calls. */
  readonly drainSeconds: number;
  /** Kubernetes quantities; empty: not set. */
  readonly cpuRequest: string;
  readonly memoryRequest: string;
  readonly cpuLimit: string;
  readonly memoryLimit: string;
  /** Ports and ranges (`8080`, `9000-9100`) that go past the proxy. */
  readonly skipInboundPorts: readonly string[];
  readonly skipOutboundPorts: readonly string[];
  /** CIDRs whose addresses are reached past the proxy. */
  readonly skipSubnets: readonly string[];
  /** Ports and ranges whose bytes the proxy does not look into. */
  readonly opaquePorts: readonly string[];
}

/** Everything that the same pod is injected from; the same values give the same bytes. */
export interface InjectValues {
  /** Of the control plane; pods there are never injected. */
  readonly meshNamespace: string;
  readonly trustDomain: string;
  /** Empty: the image's own rule of Kubernetes (Always for :latest, else IfNotPresent). */
  readonly imagePullPolicy: "" | "Always" | "IfNotPresent" | "Never";
  readonly settings: PodSettings;
}

/** Ports on which servers speak first: nothing can be detected there (docs/protocols.md). */
const SERVER_FIRST = ["25", "587", "3306", "4444", "5432", "6379", "9300", "11211"] as const;

export const DEFAULT_SETTINGS: PodSettings = Object.freeze({
  revision: DEFAULT_REVISION,
  image: `meshctl:${VERSION}`,
  nativeSidecar: true,
  logLevel: "info",
  concurrency: 1,
  drainSeconds: 30,
  cpuRequest: "50m",
  memoryRequest: "96Mi",
  cpuLimit: "",
  memoryLimit: "256Mi",
  skipInboundPorts: Object.freeze([]),
  skipOutboundPorts: Object.freeze([]),
  skipSubnets: Object.freeze([]),
  opaquePorts: Object.freeze([...SERVER_FIRST]),
});

export const DEFAULT_VALUES: InjectValues = Object.freeze({
  meshNamespace: SYSTEM_NAMESPACE,
  trustDomain: DEFAULT_TRUST_DOMAIN,
  imagePullPolicy: "",
  settings: DEFAULT_SETTINGS,
});

/** Name of the controller's Service; each revision beside the default one has its own. */
export function controllerService(revision: string): string {
  return revision === DEFAULT_REVISION ? "meshctl-controller" : `meshctl-controller-${revision}`;
}
