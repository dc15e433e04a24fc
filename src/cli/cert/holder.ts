import type { IssuedCertificate } from "../../api/contract.ts";
import { parseSpiffeId, workloadNameOf } from "../../identity/spiffe-id.ts";

/** Namespace of whoever holds a certificate; empty for an identity of another shape. */
export function namespaceOf({ identity }: IssuedCertificate): string {
  const parsed = parseSpiffeId(identity);
  return (parsed.ok && workloadNameOf(parsed.id)?.namespace) || "";
}

/** The instance's name, or for a client outside the mesh its service account. */
export function holderOf(certificate: IssuedCertificate): string {
  const name = certificate.instance.split("/")[1];
  if (name !== undefined) return name;
  const parsed = parseSpiffeId(certificate.identity);
  return (parsed.ok && workloadNameOf(parsed.id)?.serviceAccount) || certificate.identity;
}

/** Of `web` or `default/web`. */
export function splitName(name: string, namespace: string): readonly [namespace: string, name: string] {
  const [first = "", second] = name.split("/");
  return second === undefined ? [namespace, first] : [first, second];
}

/** What a certificate list has under a name, newest first. */
export function certificatesOf(issued: readonly IssuedCertificate[], namespace: string, name: string): readonly IssuedCertificate[] {
  return issued.filter((certificate) => namespaceOf(certificate) === namespace && holderOf(certificate) === name);
}
