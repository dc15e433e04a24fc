/** Names of what an installation consists of, and the labels by which it is found again. */
import { LABEL } from "../messages/names.ts";

/** Revision of the control plane that has no name of its own, as labels write it. */
export const DEFAULT_REVISION = "default";

/** Field manager of everything `install` and `upgrade` write. */
export const FIELD_MANAGER = "meshctl-install";

export const NAME = Object.freeze({
  CONTROLLER: "meshctl-controller",
  CA_SECRET: "meshctl-ca",
  SERVING_SECRET: "meshctl-serving",
  DEFAULT_INJECTOR: "meshctl-inject",
  VALIDATOR: "meshctl-validate",
  TAP_API_SERVICE: "v1alpha1.tap.meshctl.dev",
});

/** On the webhook configuration of a tag: the tag. */
export const TAG_LABEL = "meshctl.dev/tag";

/** `meshctl-controller` for the default revision, `meshctl-controller-canary` for another. */
export function ofRevision(name: string, revision: string): string {
  return revision === "" ? name : `${name}-${revision}`;
}

/** Name of the webhook configuration that injects a revision's pods. */
export function injectorOfRevision(revision: string): string {
  return revision === "" ? NAME.DEFAULT_INJECTOR : `${NAME.DEFAULT_INJECTOR}-rev-${revision}`;
}

/** Name of the webhook configuration of a tag. */
export function injectorOfTag(tag: string): string {
  return `${NAME.DEFAULT_INJECTOR}-tag-${tag}`;
}

/** Labels of an object. `revision` undefined: it belongs to all of them. */
export function objectLabels(component: string, version: string, revision?: string): Record<string, string> {
  return {
    "app.kubernetes.io/name": "meshctl",
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/part-of": "meshctl",
    "app.kubernetes.io/managed-by": "meshctl",
    "app.kubernetes.io/version": version,
    ...(revision === undefined ? {} : { [LABEL.REVISION]: revision || DEFAULT_REVISION }),
  };
}

/** Labels that select a revision's pods: a part of {@link objectLabels} that no upgrade changes. */
export function selectorLabels(revision: string): Record<string, string> {
  return {
    "app.kubernetes.io/name": "meshctl",
    "app.kubernetes.io/component": "controller",
    [LABEL.REVISION]: revision || DEFAULT_REVISION,
  };
}
