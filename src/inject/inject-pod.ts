import type { Violation } from "../lib/errors.ts";
import { LABEL, POD_PORT } from "../messages/names.ts";
import type { PodEdit, PodPath } from "./edits.ts";
import { isObject, type Json, type JsonObject, objectOf } from "./json.ts";
import { RECORD } from "./names.ts";
import { initContainer, POD_VOLUMES, proxyContainer } from "./pod/containers.ts";
import { optOf, refusalsOf, type Skip, skipOf, warningsOf } from "./pod/eligibility.ts";
import { type RewrittenProbes, rewriteProbes } from "./pod/probes.ts";
import { readSettings } from "./settings.ts";
import type { InjectValues, PodSettings } from "./values.ts";

/** Where a pod comes from. */
export interface PodOrigin {
  /** `deployment/web`; empty when not known. */
  readonly workload: string;
  /** Empty when not known. */
  readonly namespace: string;
  /** What the namespace says of injection; null when it says nothing or is not known. */
  readonly namespaceOpt: "enabled" | "disabled" | null;
}

export type PodDecision =
  | {
      readonly outcome: "inject";
      readonly edits: readonly PodEdit[];
      readonly settings: PodSettings;
      readonly warnings: readonly Violation[];
    }
  | { readonly outcome: "skip"; readonly skip: Skip }
  /** Must not run like this; paths are those of the pod (template). */
  | { readonly outcome: "refuse"; readonly violations: readonly Violation[] };

/** Time for what comes after the drain: last reports, connections that are closed. */
const AFTER_DRAIN_SECONDS = 5;
const DEFAULT_GRACE_SECONDS = 30;
/** A classic sidecar of a job looks this long for processes before it ends. */
const QUIT_SECONDS = 2;
/** The kubelet waits up to 300 s before it starts a failed container again; until then nothing of it runs. */
const QUIT_AFTER_BACKOFF_SECONDS = 330;

/**
 * What injecting this pod (template) changes. Pure: the same pod and values give the same edits. `pod` must not carry an
 * injection record ({@link RECORD}); whoever has one undoes it first.
 */
export function injectPod(pod: JsonObject, origin: PodOrigin, values: InjectValues): PodDecision {
  const metadata = objectOf(pod.metadata);
  const spec = objectOf(pod.spec);
  if (!isObject(pod.spec)) return refuse([{ path: "spec", message: pod.spec === undefined ? "is required" : "must be an object" }]);
  const opt = optOf(metadata);
  if (opt !== null && typeof opt === "object") return refuse([opt]);
  const skip = chosenSkip(opt, origin, values) ?? skipOf(metadata, spec);
  if (skip !== null) return { outcome: "skip", skip };
  const { settings, violations, warnings } = readSettings(objectOf(metadata.annotations), values.settings);
  const probes = bothLists(spec);
  const quit = quitAfter(spec, settings);
  const problems = [
    ...mapsWhereMaps(metadata),
    ...violations,
    ...refusalsOf(metadata, spec),
    ...probes.violations,
    ...(typeof quit === "object" && quit !== null ? [quit] : []),
  ];
  if (problems.length > 0 || (typeof quit === "object" && quit !== null)) return refuse(problems);
  const proxy = proxyContainer(values, settings, { workload: origin.workload, probes: probes.probes, quitAfterSeconds: quit });
  const init = initContainer(values, settings);
  const native = settings.nativeSidecar;
  const edits = [
    ...metadataEdits(pod, settings),
    ...listEdits(spec, {
      initContainers: native ? [init, proxy] : [init],
      ...(native ? {} : { containers: [proxy] }),
      volumes: POD_VOLUMES,
    }),
    ...specEdits(spec, settings, quit !== null),
    ...probes.edits,
  ];
  return { outcome: "inject", edits: merge(edits), settings, warnings: [...warnings, ...probes.warnings, ...warningsOf(spec, settings)] };
}

function refuse(violations: readonly Violation[]): PodDecision {
  return { outcome: "refuse", violations };
}

function chosenSkip(opt: "enabled" | "disabled" | null, origin: PodOrigin, values: InjectValues): Skip | null {
  if (origin.namespace === values.meshNamespace)
    return { code: "mesh-namespace", reason: `${values.meshNamespace} is the control plane's own namespace` };
  if (opt === "disabled") return { code: "opted-out", reason: "it says meshctl.dev/inject: disabled" };
  if (opt === null && origin.namespaceOpt === "disabled") {
    return { code: "namespace-opted-out", reason: `namespace ${origin.namespace} says meshctl.dev/inject: disabled` };
  }
  return null;
}

function mapsWhereMaps(metadata: JsonObject): Violation[] {
  return (["annotations", "labels"] as const).flatMap((field) => {
    const value = metadata[field];
    return value === undefined || value === null || isObject(value) ? [] : [{ path: `metadata.${field}`, message: "must be an object" }];
  });
}

/** Init containers with probes are sidecars of the user's own. */
function bothLists(spec: JsonObject): RewrittenProbes {
  const [first, second] = [rewriteProbes(spec, "initContainers"), rewriteProbes(spec, "containers")];
  return {
    edits: [...first.edits, ...second.edits],
    probes: [...first.probes, ...second.probes],
    violations: [...first.violations, ...second.violations],
    warnings: [...first.warnings, ...second.warnings],
  };
}

/** Kubernetes ends a native sidecar itself; another one has to see that nothing else runs any more, which needs the pod's processes. */
function quitAfter(spec: JsonObject, settings: PodSettings): number | null | Violation {
  const job = spec.restartPolicy === "Never" || spec.restartPolicy === "OnFailure";
  if (!job || settings.nativeSidecar) return null;
  if (spec.shareProcessNamespace === false || spec.hostPID === true) {
    const field = spec.hostPID === true ? "hostPID" : "shareProcessNamespace";
    const message = "a sidecar that is not native could not see that the job is done";
    return { path: `spec.${field}`, message, hint: "leave native sidecars on, or take this field out" };
  }
  return spec.restartPolicy === "Never" ? QUIT_SECONDS : QUIT_AFTER_BACKOFF_SECONDS;
}

function metadataEdits(pod: JsonObject, settings: PodSettings): PodEdit[] {
  const metadata = objectOf(pod.metadata);
  const annotations = { ...scrapeAnnotations(objectOf(metadata.annotations)), [RECORD]: "" };
  const labels = { [LABEL.INJECTED]: settings.revision };
  if (!isObject(pod.metadata)) return put(pod, [], "metadata", { annotations, labels });
  if (Object.keys(metadata).length === 0) return put(pod, [], "metadata", { annotations, labels });
  return [...putKeys(metadata, ["metadata"], "annotations", annotations), ...putKeys(metadata, ["metadata"], "labels", labels)];
}

/** An application that is scraped already stays so. */
function scrapeAnnotations(annotations: JsonObject): JsonObject {
  if (Object.keys(annotations).some((key) => key.startsWith("prometheus.io/"))) return {};
  return { "prometheus.io/scrape": "true", "prometheus.io/port": String(POD_PORT.HEALTH), "prometheus.io/path": "/metrics" };
}

function listEdits(spec: JsonObject, lists: Readonly<Record<string, readonly JsonObject[]>>): PodEdit[] {
  return Object.entries(lists).flatMap(([key, items]): PodEdit[] => {
    const current = spec[key];
    if (Array.isArray(current) && current.length > 0) return [{ op: "insert-items", path: ["spec", key], items }];
    return put(spec, ["spec"], key, items, "containers");
  });
}

function specEdits(spec: JsonObject, settings: PodSettings, share: boolean): PodEdit[] {
  const needed = settings.drainSeconds + AFTER_DRAIN_SECONDS;
  const grace = spec.terminationGracePeriodSeconds;
  const enough = typeof grace === "number" ? grace >= needed : needed <= DEFAULT_GRACE_SECONDS;
  return [
    ...(enough ? [] : put(spec, ["spec"], "terminationGracePeriodSeconds", needed, "containers")),
    ...(share && spec.shareProcessNamespace !== true ? put(spec, ["spec"], "shareProcessNamespace", true, "containers") : []),
  ];
}

/** `key: value` in `parent`, which stands at `path`: added, or in the place of what is there. */
function put(parent: JsonObject, path: PodPath, key: string, value: Json, before?: string): PodEdit[] {
  if (parent[key] !== undefined) return [{ op: "replace-value", path: [...path, key], value }];
  return [{ op: "add-keys", path, entries: { [key]: value }, ...(before === undefined ? {} : { before }) }];
}

/** `entries` into the mapping `key` of `parent`, which may be missing or empty. */
function putKeys(parent: JsonObject, path: PodPath, key: string, entries: JsonObject): PodEdit[] {
  const current = objectOf(parent[key]);
  if (Object.keys(current).length === 0) return put(parent, path, key, entries);
  const missing = Object.fromEntries(Object.entries(entries).filter(([name]) => current[name] === undefined));
  return Object.keys(missing).length === 0 ? [] : [{ op: "add-keys", path: [...path, key], entries: missing }];
}

/** New keys of the same mapping in one edit: each place is edited once. */
function merge(edits: readonly PodEdit[]): PodEdit[] {
  const merged: PodEdit[] = [];
  for (const edit of edits) {
    const at = edit.op === "add-keys" ? merged.findIndex((other) => other.op === "add-keys" && samePath(other.path, edit.path)) : -1;
    const other = merged[at];
    if (edit.op === "add-keys" && other?.op === "add-keys") {
      const before = other.before ?? edit.before;
      merged[at] = { ...other, entries: { ...other.entries, ...edit.entries }, ...(before === undefined ? {} : { before }) };
    } else merged.push(edit);
  }
  return merged;
}

function samePath(left: PodPath, right: PodPath): boolean {
  return left.length === right.length && left.every((step, index) => step === right[index]);
}
