import { fileURLToPath } from "node:url";
import type { CaPair } from "../../../src/install/ca-pair.ts";
import { readTemplates } from "../../../src/install/read-templates.ts";
import { renderInstall } from "../../../src/install/render.ts";
import type { Frame } from "../../../src/install/render/frame.ts";
import type { ProfileName } from "../../../src/install/values/profiles.ts";
import { resolveValues } from "../../../src/install/values/resolve.ts";
import type { PartialValues } from "../../../src/install/values/schema.ts";
import type { KubeObject } from "../../../src/model/object.ts";

export const TEMPLATES = readTemplates(fileURLToPath(new URL("../../..", import.meta.url)));
export const VERSION = "1.2.3";

export function frameOf(profile: ProfileName = "default", asked: PartialValues = {}): Frame {
  const { values, violations } = resolveValues(profile, [asked]);
  if (values === null) throw new Error(JSON.stringify(violations));
  return { templates: TEMPLATES, values, version: VERSION, isDefault: values.revision === "" };
}

export function render(profile: ProfileName = "default", asked: PartialValues = {}, ca: CaPair | null = null): readonly KubeObject[] {
  return renderInstall(frameOf(profile, asked), ca).map(({ object }) => object);
}

export function find<T = KubeObject>(objects: readonly KubeObject[], kind: string, name?: string): T {
  const found = objects.find((object) => object.kind === kind && (name === undefined || object.metadata.name === name));
  if (found === undefined) throw new Error(`there is no ${kind} ${name ?? ""}`);
  return found as T;
}

/** Everything that can be asked for at once, so that every template is rendered. */
export const EVERYTHING: PartialValues = {
  autoscaling: { enabled: true },
  monitoring: {
    podMonitor: { enabled: true, labels: { release: "prometheus" } },
    serviceMonitor: { enabled: true, labels: { release: "prometheus" } },
  },
};
