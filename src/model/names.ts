import * as z from "zod";

/** RFC 1123 label: what Kubernetes calls a DNS label. */
export const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** RFC 1123 subdomain: the name of most objects; at most 253 characters. */
export const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** Name part of a label or annotation key, and a label's value where it is not empty. */
export const LABEL_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

export const dnsLabel = z.string().regex(DNS_LABEL, "must be a DNS label: lower-case letters, digits and '-', at most 63 (RFC 1123)");
export const dnsSubdomain = z.string().min(1).max(253).regex(DNS_SUBDOMAIN, "must be a DNS name in lower case (RFC 1123)");
export const portNumber = z.int().min(1).max(65535);
export const labelValue = z
  .string()
  .max(63)
  .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/, "must be a label value: letters, digits, '-', '_', '.', at most 63");

/** Number or name of a port; the CRD marks it with `x-kubernetes-int-or-string`. */
export const intOrString = z.union([z.int(), z.string()]).meta({ "x-kubernetes-int-or-string": true });

/** Why `key` is not a label key (`example.com/name` or `name`), or null when it is one. */
export function labelKeyProblem(key: string): string | null {
  const slash = key.lastIndexOf("/");
  const prefix = slash < 0 ? null : key.slice(0, slash);
  if (prefix !== null && (prefix.length > 253 || !DNS_SUBDOMAIN.test(prefix))) return "the part before '/' must be a DNS name";
  return LABEL_NAME.test(key.slice(slash + 1))
    ? null
    : "must be letters, digits, '-', '_', '.', at most 63, with an optional DNS name and '/' in front";
}
