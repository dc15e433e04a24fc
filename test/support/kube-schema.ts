import { DaemonSet, Deployment, ReplicaSet, StatefulSet } from "kubernetes-models/apps/v1";
import { CronJob, Job } from "kubernetes-models/batch/v1";
import { Pod, ReplicationController } from "kubernetes-models/v1";

type Model = new (value: never) => { validate(): void };

const KINDS: Readonly<Record<string, Model>> = {
  Pod,
  ReplicationController,
  Deployment,
  StatefulSet,
  DaemonSet,
  ReplicaSet,
  Job,
  CronJob,
};

/** What the schemas of Kubernetes (package kubernetes-models) find wrong with an object of a workload kind; empty when nothing. */
export function kubernetesProblem(object: { readonly kind: string }): string {
  const Kind = KINDS[object.kind];
  if (Kind === undefined) return `no schema for ${object.kind}`;
  try {
    new Kind(object as never).validate();
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
