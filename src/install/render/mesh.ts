/** What belongs to the mesh and not to one of its control planes. */
import { crdOf } from "../../model/crd.ts";
import type { KubeObject } from "../../model/object.ts";
import type { CaPair } from "../ca-pair.ts";
import { clusterKinds } from "../kinds.ts";
import { objectLabels } from "../names.ts";
import { type Frame, shared } from "./frame.ts";

type MeshConfig = KubeObject & { spec: { tracing: { samplingPercent: number } } };
type Secret = KubeObject & { data: Record<string, string> };

export const namespace = (frame: Frame): KubeObject => shared(frame, "namespace", "namespace");

/** CustomResourceDefinitions of our own kinds, by name. */
export function definitions(version: string): readonly KubeObject[] {
  return clusterKinds()
    .map(crdOf)
    .map((crd): KubeObject => ({ ...crd, metadata: { ...crd.metadata, labels: objectLabels("definitions", version) } }))
    .sort((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1));
}

export function meshConfig(frame: Frame): KubeObject {
  const object = shared<MeshConfig>(frame, "mesh-config", "mesh");
  object.spec.tracing.samplingPercent = frame.values.mesh.tracingSamplingPercent;
  return object;
}

/** Only where somebody brings a CA: the controller makes its own otherwise, and no key leaves the cluster. */
export function caSecret(frame: Frame, pair: CaPair | null): KubeObject | null {
  if (pair === null) return null;
  const object = shared<Secret>(frame, "ca-secret", "ca");
  object.data = { "tls.crt": base64(pair.certPem), "tls.key": base64(pair.keyPem) };
  return object;
}

function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
