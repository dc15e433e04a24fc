import type { KubeObject } from "../../../src/model/object.ts";
import { kindRefOf } from "../../../src/kube/kind-ref.ts";
import { allKinds } from "../../../src/policies/kinds.ts";
import type { KindRef } from "../../../src/kube/contract.ts";

/** REST collection of a kind by the word a person would use. */
export function ref(word: string): KindRef {
  const kind = allKinds().resolve(word);
  if (kind === undefined) throw new Error(`no kind ${word}`);
  return kindRefOf(kind);
}

export const SERVICE = ref("service");
export const WORKLOAD = ref("workload");
export const ROUTE = ref("httproute");
export const FAULT = ref("faultinjection");
export const NAMESPACE = ref("namespace");
export const CONFIG_MAP = ref("configmap");

export function service(name: string, labels?: Record<string, string>, namespace = "default"): KubeObject {
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace, labels }, spec: { ports: [{ port: 80 }] } };
}

export function workload(name: string, namespace = "default"): KubeObject {
  return {
    apiVersion: "meshctl.dev/v1alpha1",
    kind: "Workload",
    metadata: { name, namespace },
    spec: { workload: name, serviceAccount: name },
  };
}

export function configMap(name: string, data: Record<string, string> = {}, namespace = "default"): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data };
}

export function fault(name: string, target: string): KubeObject {
  return {
    apiVersion: "meshctl.dev/v1alpha1",
    kind: "FaultInjection",
    metadata: { name, namespace: "default" },
    spec: { targetRefs: [{ group: "", kind: "Service", name: target }], rules: [{ abort: { httpStatus: 503 } }] },
  };
}
