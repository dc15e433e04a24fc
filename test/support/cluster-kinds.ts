import * as z from "zod";
import type { KindDescriptor } from "../../src/model/kind.ts";
import { createKindRegistry, type KindRegistry } from "../../src/model/registry.ts";
import { allKinds } from "../../src/policies/kinds.ts";

/** Kinds that a cluster has and one machine needs not: `group/version Kind plural`; `*`: cluster-scoped. */
const MORE = `
apiextensions.k8s.io v1 *CustomResourceDefinition customresourcedefinitions
admissionregistration.k8s.io v1 *MutatingWebhookConfiguration mutatingwebhookconfigurations
admissionregistration.k8s.io v1 *ValidatingWebhookConfiguration validatingwebhookconfigurations
apiregistration.k8s.io v1 *APIService apiservices
monitoring.coreos.com v1 PodMonitor podmonitors
monitoring.coreos.com v1 ServiceMonitor servicemonitors
`;

/** Every kind of ours with those that a cluster has: the embedded API as the cluster of a test. */
export function clusterKindsOfTests(): KindRegistry {
  const known = allKinds();
  const more = MORE.trim()
    .split("\n")
    .map((line): KindDescriptor => {
      const [group = "", version = "", marked = "", plural = ""] = line.split(" ");
      const kind = marked.replace("*", "");
      const names = { group, version, kind, plural, singular: kind.toLowerCase() };
      return { ...names, namespaced: !marked.includes("*"), schema: z.looseObject({}), status: true, description: `${kind}, as given.` };
    });
  return createKindRegistry([
    ...known.all,
    ...more.filter(({ group, plural, version }) => known.byResource(group, version, plural) === undefined),
  ]);
}
