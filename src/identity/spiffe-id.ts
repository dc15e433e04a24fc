/** SPIFFE ids, by https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md sections 2.1 to 2.3. */
export interface SpiffeId {
  readonly trustDomain: string;
  /** Segments after the trust domain; empty for the id of the trust domain itself. */
  readonly segments: readonly string[];
}

/** Who a workload is inside its trust domain: `ns/<namespace>/sa/<service-account>` (design section 7). */
export interface WorkloadName {
  readonly namespace: string;
  readonly serviceAccount: string;
}

export type ParsedSpiffeId = { readonly ok: true; readonly id: SpiffeId } | { readonly ok: false; readonly message: string };

const SCHEME = "spiffe://";
const MAX_ID_BYTES = 2048;
const MAX_TRUST_DOMAIN_BYTES = 255;
const TRUST_DOMAIN = /^[a-z0-9._-]+$/;
const SEGMENT = /^[a-zA-Z0-9._-]+$/;
/** Kubernetes object names (RFC 1123 subdomain); namespaces are the label form of it. */
const OBJECT_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Strict: nothing is normalised, so two ids are the same exactly when their text is. */
export function parseSpiffeId(text: string): ParsedSpiffeId {
  if (Buffer.byteLength(text) > MAX_ID_BYTES) return refused("is over 2048 bytes");
  if (!text.startsWith(SCHEME)) return refused("does not begin with spiffe://");
  const [trustDomain = "", ...segments] = text.slice(SCHEME.length).split("/");
  const wrong = trustDomainProblem(trustDomain) ?? segmentsProblem(segments);
  return wrong === null ? { ok: true, id: { trustDomain, segments } } : refused(wrong);
}

export function formatSpiffeId(id: SpiffeId): string {
  return [SCHEME + id.trustDomain, ...id.segments].join("/");
}

/** What is wrong with a trust domain's name, or null. */
function trustDomainProblem(trustDomain: string): string | null {
  if (trustDomain === "") return "has no trust domain";
  if (trustDomain.length > MAX_TRUST_DOMAIN_BYTES) return "has a trust domain of over 255 bytes";
  if (!TRUST_DOMAIN.test(trustDomain)) {
    return "has a trust domain with something other than a-z 0-9 . - _ (no upper case, port or user info)";
  }
  return null;
}

function segmentsProblem(segments: readonly string[]): string | null {
  for (const segment of segments) {
    if (segment === "") return "has an empty path segment or ends in a slash";
    if (segment === "." || segment === "..") return "has a relative path segment";
    if (!SEGMENT.test(segment)) return "has a path segment with something other than a-z A-Z 0-9 . - _ (no escapes, query or fragment)";
  }
  return null;
}

function refused(why: string): ParsedSpiffeId {
  return { ok: false, message: `SPIFFE id ${why}` };
}

/** Namespace and service account of an id of our own shape, else null. */
export function workloadNameOf(id: SpiffeId): WorkloadName | null {
  const [ns, namespace, sa, serviceAccount, ...rest] = id.segments;
  if (ns !== "ns" || sa !== "sa" || namespace === undefined || serviceAccount === undefined || rest.length > 0) return null;
  return isWorkloadName(namespace, serviceAccount) ? { namespace, serviceAccount } : null;
}

/** Both are names Kubernetes would accept for a Namespace and a ServiceAccount. */
export function isWorkloadName(namespace: string, serviceAccount: string): boolean {
  return NAMESPACE.test(namespace) && serviceAccount.length <= 253 && OBJECT_NAME.test(serviceAccount);
}

export function workloadSpiffeId(trustDomain: string, name: WorkloadName): string {
  return `${SCHEME}${trustDomain}/ns/${name.namespace}/sa/${name.serviceAccount}`;
}

/** The id of the trust domain itself, which its signing certificates carry. */
export function trustDomainSpiffeId(trustDomain: string): string {
  return SCHEME + trustDomain;
}
