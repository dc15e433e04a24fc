interface KnownKind {
  readonly apiVersion: string;
  /** Steps from the object to its pod template; a pod is its own. */
  readonly template: readonly string[];
}

const TEMPLATE = ["spec", "template"];

/** Kinds that make pods, in the version that Kubernetes serves. */
export const TEMPLATES: Readonly<Record<string, KnownKind | undefined>> = Object.freeze({
  Pod: { apiVersion: "v1", template: [] },
  ReplicationController: { apiVersion: "v1", template: TEMPLATE },
  Deployment: { apiVersion: "apps/v1", template: TEMPLATE },
  StatefulSet: { apiVersion: "apps/v1", template: TEMPLATE },
  DaemonSet: { apiVersion: "apps/v1", template: TEMPLATE },
  ReplicaSet: { apiVersion: "apps/v1", template: TEMPLATE },
  Job: { apiVersion: "batch/v1", template: TEMPLATE },
  CronJob: { apiVersion: "batch/v1", template: ["spec", "jobTemplate", ...TEMPLATE] },
});

/** Where the pod template stands; null for another version than the one we know, whose shape may differ. */
export function templateOf(kind: string, apiVersion: string): readonly string[] | null {
  const known = TEMPLATES[kind];
  return known !== undefined && known.apiVersion === apiVersion ? known.template : null;
}
