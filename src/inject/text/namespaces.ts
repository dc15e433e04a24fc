import { type JsonObject, objectOf } from "../json.ts";
import { LABEL } from "../../messages/names.ts";
import { Documents } from "./documents.ts";
import { Uneditable } from "./problem.ts";
import { readWorkloads } from "./read-workloads.ts";

/** What a namespace says that concerns the pods in it. */
export interface NamespaceFacts {
  readonly opt: "enabled" | "disabled" | null;
  /** Pod security profile whose violations are refused; empty when none is named. */
  readonly enforce: string;
}

/** By name: every Namespace object of a text. What cannot be read is passed over: whoever injects will say so. */
export function readNamespaces(text: string): Map<string, NamespaceFacts> {
  const found = new Map<string, NamespaceFacts>();
  if (!/\bNamespace\b/.test(text)) return found;
  for (const source of new Documents(text).read()) {
    if ("message" in source) continue;
    try {
      const { workloads, reader } = readWorkloads(source);
      for (const { workload } of workloads) {
        if (workload.kind === "Namespace" && workload.apiVersion === "v1")
          found.set(workload.name, namespaceFacts(objectOf(reader.read(workload.node))));
      }
    } catch (error) {
      if (!(error instanceof Uneditable)) throw error;
    }
  }
  return found;
}

export function namespaceFacts(namespace: JsonObject): NamespaceFacts {
  const { labels, annotations } = objectOf(namespace.metadata);
  const opt = objectOf(labels)[LABEL.INJECT] ?? objectOf(annotations)[LABEL.INJECT];
  const enforce = objectOf(labels)["pod-security.kubernetes.io/enforce"];
  return { opt: opt === "enabled" || opt === "disabled" ? opt : null, enforce: typeof enforce === "string" ? enforce : "" };
}

/** Null when injected pods are admitted there. */
export function podSecurityWarning(name: string, { enforce }: NamespaceFacts): string | null {
  if (enforce !== "baseline" && enforce !== "restricted") return null;
  return `namespace ${name} enforces the ${enforce} pod security profile: injected pods will not be admitted, because meshctl-init needs NET_ADMIN and uid 0`;
}
