import type { CertificateRequest } from "../../api/contract.ts";
import type { LeafRequest } from "../../ca/authority.ts";
import { type Refusal, refuse } from "../../ca/contract.ts";
import { parseCsr } from "../../identity/csr.ts";
import type { Caller } from "../http.ts";
import type { CertificateDeps } from "./deps.ts";

/** Who asks, as proven, and what for. */
export type Proven = Pick<LeafRequest, "identity" | "instance" | "via">;

/**
 * Judges how a caller proves the identity it wants a certificate for: an administrator may have any; a join
 * token speaks for one identity and instance; a current leaf renews itself.
 */
export async function proveIdentity(
  deps: Pick<CertificateDeps, "ca" | "tokens">,
  caller: Caller,
  bearer: string | null,
  request: CertificateRequest,
): Promise<(Proven & { readonly ok: true }) | Refusal> {
  if (caller.kind === "admin") return forClient(request);
  // A token is shown on purpose, a client certificate may only happen to be there: the token decides.
  if (bearer !== null) {
    const proof = await deps.tokens.verify(bearer);
    if (!proof.ok) return proof;
    return forInstance(request, { identity: proof.identity, instance: proof.instance, via: "join-token" }, "the token");
  }
  if (caller.kind === "workload") {
    const record = deps.ca.record(caller.serial);
    if (record === undefined || record.identity !== caller.identity) {
      return refuse("not-renewable", "the certificate presented was not issued by this CA");
    }
    // Who was given an hour must not make it a year.
    if (record.via === "admin")
      return refuse("not-renewable", "certificates made by `meshctl cert issue` do not renew themselves; issue a new one");
    return forInstance(request, { identity: record.identity, instance: record.instance, via: "leaf" }, "the certificate presented");
  }
  return refuse("not-authenticated", "present a join token, the current certificate, or the administrator's token");
}

function forInstance(request: CertificateRequest, proven: Proven, what: string): (Proven & { ok: true }) | Refusal {
  if (request.instance !== undefined && request.instance !== proven.instance) {
    return refuse("token-instance", `${what} is for instance ${proven.instance}, not ${request.instance}`);
  }
  return { ok: true, ...proven };
}

/** The identity is the one the request names: the CA still judges whether it may be given at all. */
function forClient(request: CertificateRequest): (Proven & { ok: true }) | Refusal {
  if (request.instance !== undefined) return refuse("identity-not-allowed", "instances prove themselves by join token");
  const parsed = parseCsr(request.csr);
  if (!parsed.ok) return refuse(parsed.code, parsed.message);
  const [identity] = parsed.csr.extensions.altNames?.uris ?? [];
  if (identity === undefined) return refuse("csr-names", "the request names no SPIFFE id");
  return { ok: true, identity, instance: "", via: "admin" };
}
