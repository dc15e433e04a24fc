import * as z from "zod";
import type { Violation } from "../../lib/errors.ts";
import { SYSTEM_NAMESPACE } from "../../messages/names.ts";
import { MESH_CONFIG_NAME } from "../../model/kinds/mesh-config.ts";
import { dnsSubdomain, labelValue } from "../../model/names.ts";
import type { KubeObject } from "../../model/object.ts";

/** Group of each kind a policy may target. */
const TARGET_GROUPS = { MeshConfig: "meshctl.dev", Namespace: "", Service: "", HTTPRoute: "gateway.networking.k8s.io" } as const;

const targetRef = z.strictObject({
  group: z.string().max(253).describe('Group of the target: "" for Service and Namespace.'),
  kind: z.enum(["MeshConfig", "Namespace", "Service", "HTTPRoute"]).describe("Kind of the target."),
  name: dnsSubdomain.describe("Name of the target, in the policy's own namespace."),
  sectionName: z.string().min(1).max(253).optional().describe("Port name of a Service or rule name of an HTTPRoute; absent: all of it."),
});

/** Where a policy holds: exactly one of the two ({@link attachmentViolations} says so). */
export const attachmentFields = {
  targetRefs: z
    .array(targetRef.describe("One object."))
    .min(1)
    .max(16)
    .optional()
    .describe("Objects the policy holds for; not together with selector."),
  selector: z
    .strictObject({
      matchLabels: z.record(z.string(), labelValue.describe("Value of the label.")).describe("Labels a workload must have, all of them."),
    })
    .optional()
    .describe("Workloads the policy holds for; not together with targetRefs."),
};

const attachment = z.strictObject(attachmentFields);

/** What a schema cannot say about targets: one way to attach, right groups, no target twice, and who may speak for the mesh. */
export function attachmentViolations(object: KubeObject): readonly Violation[] {
  const { targetRefs, selector } = object.spec as z.output<typeof attachment>;
  if (targetRefs === undefined && selector === undefined) {
    return [{ path: "spec", message: "must have targetRefs or selector", hint: 'targetRefs: [{group: "", kind: Service, name: …}]' }];
  }
  if (targetRefs !== undefined && selector !== undefined) return [{ path: "spec.selector", message: "must not stand beside targetRefs" }];
  const found: Violation[] = [];
  if (selector !== undefined && Object.keys(selector.matchLabels).length === 0) {
    found.push({
      path: "spec.selector.matchLabels",
      message: "must have at least 1 label",
      hint: "target the Namespace to reach every workload",
    });
  }
  const namespace = object.metadata.namespace ?? "default";
  const seen = new Set<string>();
  for (const [index, ref] of (targetRefs ?? []).entries()) {
    const at = `spec.targetRefs[${index}]`;
    const group = TARGET_GROUPS[ref.kind];
    if (ref.group !== group) found.push({ path: `${at}.group`, message: `must be ${JSON.stringify(group)} for a ${ref.kind}` });
    if (ref.kind === "MeshConfig" && namespace !== SYSTEM_NAMESPACE) {
      found.push({ path: at, message: `only policies in ${SYSTEM_NAMESPACE} may target MeshConfig` });
    }
    if (ref.kind === "MeshConfig" && ref.name !== MESH_CONFIG_NAME)
      found.push({ path: `${at}.name`, message: `must be "${MESH_CONFIG_NAME}"` });
    if (ref.kind === "Namespace" && ref.name !== namespace) {
      found.push({ path: `${at}.name`, message: `a policy may target only its own Namespace, "${namespace}"` });
    }
    if (ref.sectionName !== undefined && (ref.kind === "MeshConfig" || ref.kind === "Namespace")) {
      found.push({ path: `${at}.sectionName`, message: `a ${ref.kind} has no sections` });
    }
    const key = `${ref.kind}/${ref.name}/${ref.sectionName ?? ""}`;
    if (seen.has(key)) found.push({ path: at, message: `${ref.kind} "${ref.name}" stands there twice` });
    seen.add(key);
  }
  return found;
}
