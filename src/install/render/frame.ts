import type { KubeObject } from "../../model/object.ts";
import { objectLabels } from "../names.ts";
import type { TemplateName, Templates } from "../templates.ts";
import type { Values } from "../values/schema.ts";

/** What every rendering function gets. */
export interface Frame {
  readonly templates: Templates;
  readonly values: Values;
  /** Version of the control plane: semver without a leading v. */
  readonly version: string;
  /** Whether pods and API server reach this revision where none is named. */
  readonly isDefault: boolean;
}

/** A template as an object of its own, to set values on. */
export function copyOf<T extends KubeObject = KubeObject>({ templates }: Frame, name: TemplateName): T {
  return structuredClone(templates[name]) as T;
}

/** The template with the labels of an object that every revision shares. */
export function shared<T extends KubeObject = KubeObject>(frame: Frame, name: TemplateName, component: string): T {
  return labelled(copyOf<T>(frame, name), objectLabels(component, frame.version));
}

/** The template with the labels of an object of this revision. */
export function own<T extends KubeObject = KubeObject>(frame: Frame, name: TemplateName, component: string): T {
  return labelled(copyOf<T>(frame, name), objectLabels(component, frame.version, frame.values.revision));
}

function labelled<T extends KubeObject>(object: T, labels: Record<string, string>): T {
  object.metadata.labels = { ...labels, ...object.metadata.labels };
  return object;
}
