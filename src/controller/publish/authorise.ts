import type { MeshStore } from "../../compile/store.ts";
import { identityOf } from "../../compile/endpoints.ts";
import type { Authorise } from "../../discovery/server/contract.ts";
import { formatSpiffeId, parseSpiffeId } from "../../identity/spiffe-id.ts";
import type { Workload } from "../../model/kinds/workload.ts";

const INSTANCE_ID = /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)\/([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)$/;

/**
 * A proxy is who its certificate says: its id lies in the certificate's namespace, and where the instance
 * is registered it has the certificate's identity. (A sidecar connects before its instance is registered:
 * its Inbound is only given out when the registration agrees, see source.ts.)
 */
export function authoriseBy(store: MeshStore, trustDomain: string, instanceOf?: (serial: string) => string | null): Authorise {
  return (subscriber) => {
    const [, namespace] = INSTANCE_ID.exec(subscriber.id) ?? [];
    if (namespace === undefined) return `the node id must be namespace/instance, not ${JSON.stringify(subscriber.id.slice(0, 80))}`;
    const { identity } = subscriber.peer;
    const parsed = parseSpiffeId(identity);
    const [ns, own, sa, account] = parsed.ok ? parsed.id.segments : [];
    if (!parsed.ok || parsed.id.trustDomain !== trustDomain || ns !== "ns" || sa !== "sa" || account === undefined) {
      return `${identity} is not a workload of ${trustDomain}`;
    }
    if (own !== namespace) return `${identity} may not act for ${subscriber.id}`;
    const issuedTo = instanceOf?.(subscriber.peer.serial) ?? null;
    if (issuedTo !== null && issuedTo !== "" && issuedTo !== subscriber.id)
      return `this certificate was issued to ${issuedTo}, not to ${subscriber.id}`;
    const workload = store.get<Workload>("Workload", subscriber.id);
    if (workload !== undefined && identityOf(trustDomain, workload) !== identity) {
      return `${subscriber.id} is registered as ${identityOf(trustDomain, workload)}, the certificate says ${formatSpiffeId(parsed.id)}`;
    }
    return null;
  };
}
