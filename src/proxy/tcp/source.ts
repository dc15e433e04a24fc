import { parseSpiffeId, workloadNameOf } from "../../identity/spiffe-id.ts";
import type { Source } from "../../policies/contract.ts";

/** The caller a peer's SPIFFE id names; everything empty for plaintext. */
export function sourceOf(identity: string): Source {
  const parsed = identity === "" ? null : parseSpiffeId(identity);
  const name = parsed?.ok ? workloadNameOf(parsed.id) : null;
  return {
    identity,
    namespace: name?.namespace ?? "",
    serviceAccount: name?.serviceAccount ?? "",
    // An identity names the service account; which workload of it is only known to HTTP (x-meshctl-source).
    workload: name?.serviceAccount ?? "",
  };
}
