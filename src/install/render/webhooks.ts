/** What the API server asks the controller before it stores something. */
import { LABEL, SYSTEM_NAMESPACE } from "../../messages/names.ts";
import type { KubeObject } from "../../model/object.ts";
import { clusterKinds } from "../kinds.ts";
import { injectorOfRevision, injectorOfTag, objectLabels, ofRevision, TAG_LABEL } from "../names.ts";
import type { Role } from "./access.ts";
import { copyOf, type Frame, own, shared } from "./frame.ts";

interface Requirement {
  key: string;
  operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  values?: string[];
}

interface Selector {
  matchExpressions: Requirement[];
}

interface Webhook {
  clientConfig: { service: { name: string } };
  failurePolicy: string;
  timeoutSeconds: number;
  namespaceSelector: Selector;
  objectSelector: Selector;
}

type Mutating = KubeObject & { webhooks: [Webhook, Webhook] };
type Validating = KubeObject & { webhooks: [Webhook & { rules: [{ resources: string[] }] }] };
type RoleBinding = KubeObject & { roleRef: { name: string } };

/** Pods there run before anything else of the cluster does, or are our own. */
const NEVER: Requirement = {
  key: "kubernetes.io/metadata.name",
  operator: "NotIn",
  values: [SYSTEM_NAMESPACE, "kube-system", "kube-public", "kube-node-lease"],
};
const NO_REVISION: Requirement = { key: LABEL.REVISION, operator: "DoesNotExist" };
const NOT_DISABLED: Requirement = { key: LABEL.INJECT, operator: "NotIn", values: ["disabled"] };
const ENABLED: Requirement = { key: LABEL.INJECT, operator: "In", values: ["enabled"] };

/** The webhook of pods that name this revision, or of those that name none. */
export function revisionInjector(frame: Frame): KubeObject | null {
  const { revision } = frame.values;
  return revision === ""
    ? null
    : fill(frame, own<Mutating>(frame, "mutating-webhook", "injector"), injectorOfRevision(revision), named(revision));
}

export function defaultInjector(frame: Frame): KubeObject | null {
  return frame.isDefault ? fill(frame, shared<Mutating>(frame, "mutating-webhook", "injector"), injectorOfRevision(""), unnamed()) : null;
}

/** A tag is a revision's name for namespaces, so that they need not change when the control plane does. */
export function tagObjects(frame: Frame, tag: string): readonly KubeObject[] {
  const name = injectorOfTag(tag);
  const webhook = fill(frame, own<Mutating>(frame, "mutating-webhook", "injector"), name, named(tag));
  webhook.metadata.labels = { ...webhook.metadata.labels, [TAG_LABEL]: tag };
  return [webhook, ...accessTo(frame, name)];
}

/** The right to keep the certificate of a webhook configuration that the shared role does not name. */
export function revisionInjectorAccess(frame: Frame): readonly KubeObject[] {
  return frame.values.revision === "" ? [] : accessTo(frame, injectorOfRevision(frame.values.revision));
}

/** Judges our own kinds; there is one, it asks the default revision. */
export function validator(frame: Frame): KubeObject | null {
  if (!frame.isDefault) return null;
  const object = shared<Validating>(frame, "validating-webhook", "validator");
  const [webhook] = object.webhooks;
  const { failurePolicy, timeoutSeconds } = frame.values.validation;
  Object.assign(webhook, { failurePolicy, timeoutSeconds });
  webhook.clientConfig.service.name = ofRevision(webhook.clientConfig.service.name, frame.values.revision);
  webhook.rules[0].resources = clusterKinds()
    .map(({ plural }) => plural)
    .sort();
  return object;
}

function accessTo(frame: Frame, name: string): KubeObject[] {
  const labels = objectLabels("injector", frame.version, frame.values.revision);
  const role = copyOf<Role>(frame, "webhook-cluster-role");
  for (const rule of role.rules) rule.resourceNames = [name];
  role.metadata = { name, labels };
  const binding = copyOf<RoleBinding>(frame, "webhook-cluster-role-binding");
  binding.roleRef.name = name;
  binding.metadata = { name, labels };
  return [role, binding];
}

interface Who {
  readonly namespaces: { readonly namespace: readonly Requirement[]; readonly pod: readonly Requirement[] };
  readonly pods: { readonly namespace: readonly Requirement[]; readonly pod: readonly Requirement[] };
}

/** Namespaces with this name, all but the pods that say no; elsewhere the pods with this name. */
function named(revision: string): Who {
  const isThis: Requirement = { key: LABEL.REVISION, operator: "In", values: [revision] };
  return {
    namespaces: { namespace: [isThis, NOT_DISABLED], pod: [NOT_DISABLED] },
    pods: { namespace: [NO_REVISION, NOT_DISABLED], pod: [isThis, NOT_DISABLED] },
  };
}

/** Namespaces that are opted in and name no revision; elsewhere the pods that are opted in and name none. */
function unnamed(): Who {
  const silent: Requirement = { key: LABEL.INJECT, operator: "NotIn", values: ["enabled", "disabled"] };
  return {
    namespaces: { namespace: [ENABLED, NO_REVISION], pod: [NOT_DISABLED, NO_REVISION] },
    pods: { namespace: [silent, NO_REVISION], pod: [ENABLED, NO_REVISION] },
  };
}

function fill(frame: Frame, object: Mutating, name: string, who: Who): Mutating {
  const { failurePolicy, timeoutSeconds } = frame.values.injection;
  object.metadata.name = name;
  const service = ofRevision("meshctl-controller", frame.values.revision);
  for (const [index, { namespace, pod }] of [who.namespaces, who.pods].entries()) {
    const webhook = object.webhooks[index as 0 | 1];
    Object.assign(webhook, { failurePolicy, timeoutSeconds });
    webhook.clientConfig.service.name = service;
    webhook.namespaceSelector = { matchExpressions: [NEVER, ...namespace] };
    webhook.objectSelector = { matchExpressions: [...pod] };
  }
  return object;
}
