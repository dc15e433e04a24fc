import * as z from "zod";
import type { Violation } from "../lib/errors.ts";
import type { KindDescriptor } from "./kind.ts";
import { DNS_LABEL, DNS_SUBDOMAIN, LABEL_NAME, labelKeyProblem } from "./names.ts";
import type { KubeObject } from "./object.ts";
import { violationsOf } from "./violations.ts";

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/ */
const MAX_ANNOTATION_BYTES = 256 * 1024;

const ownerReference = z.strictObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  name: z.string().min(1),
  uid: z.string().min(1),
  controller: z.boolean().optional(),
  blockOwnerDeletion: z.boolean().optional(),
});

const metadataSchema = z.strictObject({
  name: z.string().optional(),
  generateName: z.string().max(247).optional(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
  finalizers: z.array(z.string().min(1).max(253)).max(64).nullish(),
  ownerReferences: z.array(ownerReference).max(64).nullish(),
  // What follows is the server's; clients send back what they read.
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().nullish(),
  deletionGracePeriodSeconds: z.int().nullish(),
  selfLink: z.string().optional(),
  managedFields: z.array(z.unknown()).nullish(),
});

/** What is wrong with `object.metadata`. A missing name is fine where generateName stands. */
export function metadataViolations(kind: KindDescriptor, object: KubeObject): readonly Violation[] {
  const parsed = metadataSchema.safeParse(object.metadata);
  if (!parsed.success) {
    return violationsOf(parsed.error, metadataSchema).map((violation) => ({
      ...violation,
      path: `metadata.${violation.path}`.replace(/\.$/, ""),
    }));
  }
  const { name = "", generateName = "", labels, annotations } = parsed.data;
  const found: Violation[] = [];
  if (name === "" && generateName === "") found.push({ path: "metadata.name", message: "is required" });
  if (name !== "") {
    const problem = nameProblem(kind, name);
    if (problem !== null) found.push({ path: "metadata.name", message: problem });
  }
  for (const [key, value] of Object.entries(labels ?? {})) {
    const problem = labelKeyProblem(key);
    if (problem !== null) found.push({ path: `metadata.labels[${key}]`, message: problem });
    if (value !== "" && !LABEL_NAME.test(value)) {
      found.push({ path: `metadata.labels[${key}]`, message: "the value must be letters, digits, '-', '_', '.', at most 63" });
    }
  }
  let annotationBytes = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    annotationBytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    const problem = labelKeyProblem(key);
    if (problem !== null) found.push({ path: `metadata.annotations[${key}]`, message: problem });
  }
  if (annotationBytes > MAX_ANNOTATION_BYTES)
    found.push({ path: "metadata.annotations", message: "must have at most 262144 bytes together" });
  return found;
}

/** Namespaces and services become parts of host names; RBAC names may hold `:`; other names are DNS names. */
function nameProblem(kind: KindDescriptor, name: string): string | null {
  if (name.length > 253) return "must have at most 253 characters";
  if (kind.group === "rbac.authorization.k8s.io") {
    return name === "." || name === ".." || /[/%]/.test(name) ? "must be one path segment" : null;
  }
  if (kind.group === "" && (kind.kind === "Namespace" || kind.kind === "Service")) {
    return DNS_LABEL.test(name) ? null : "must be a DNS label: lower-case letters, digits and '-', at most 63 (RFC 1123)";
  }
  return DNS_SUBDOMAIN.test(name) ? null : "must be a DNS name: lower-case letters, digits, '-' and '.' (RFC 1123)";
}
