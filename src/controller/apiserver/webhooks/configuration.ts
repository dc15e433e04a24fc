import type { KubeObject } from "../../../model/object.ts";
import type { LabelSelector } from "../match-labels.ts";
import type { Store } from "../store/contract.ts";

/** `admissionregistration.k8s.io/v1 RuleWithOperations`. */
export interface WebhookRule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly scope?: "*" | "Cluster" | "Namespaced";
}

export interface ClientConfig {
  readonly url?: string;
  readonly service?: { readonly namespace: string; readonly name: string; readonly path?: string; readonly port?: number };
  /** PEM, base64. */
  readonly caBundle?: string;
}

export interface Webhook {
  readonly name: string;
  readonly clientConfig: ClientConfig;
  readonly rules?: readonly WebhookRule[];
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
  readonly failurePolicy?: "Fail" | "Ignore";
  readonly matchPolicy?: "Exact" | "Equivalent";
  readonly timeoutSeconds?: number;
  readonly sideEffects?: "None" | "NoneOnDryRun" | "Some" | "Unknown";
  readonly reinvocationPolicy?: "Never" | "IfNeeded";
  readonly admissionReviewVersions?: readonly string[];
}

const GROUP = "admissionregistration.k8s.io";
export const MUTATING = `${GROUP}/mutatingwebhookconfigurations`;
export const VALIDATING = `${GROUP}/validatingwebhookconfigurations`;

/** Webhooks of every stored configuration, by the names of the configurations. */
export function webhooksOf(store: Store, bucket: string): readonly Webhook[] {
  return store.list(bucket).flatMap(({ object }) => (object as KubeObject & { readonly webhooks?: readonly Webhook[] }).webhooks ?? []);
}
