/** Certificates over HTTP: the endpoints of src/api/contract.ts that the CA answers. */
import { API, type JoinTokenResponse, type RotateResponse, type TrustBundleResponse } from "../../api/contract.ts";
import { refuse } from "../../ca/contract.ts";
import { formatCertificatesPem } from "../../identity/pem.ts";
import { isWorkloadName, workloadSpiffeId } from "../../identity/spiffe-id.ts";
import { CONTROLLER_IDENTITY_PATH } from "../../messages/names.ts";
import { type Endpoint, type Exchange, HttpError } from "../http.ts";
import { certificateRequest, joinTokenRequest, readJson, rotateRequest } from "./body.ts";
import type { CertificateDeps } from "./deps.ts";
import { httpRefusal } from "./http-refusal.ts";
import { proveIdentity } from "./prove-identity.ts";
import { caStatus, certificateResponse, issuedCertificate } from "./views.ts";

export function certificateEndpoints(deps: CertificateDeps): readonly Endpoint[] {
  const { ca, clock } = deps;
  return [
    { method: "POST", path: API.CERTIFICATES, access: "self", handle: (exchange) => issueCertificate(deps, exchange) },
    { method: "POST", path: API.JOIN_TOKENS, access: "admin", handle: (exchange) => createJoinToken(deps, exchange) },
    { method: "POST", path: API.ROTATE, access: "admin", handle: (exchange) => rotateLeaves(deps, exchange) },
    { method: "POST", path: API.CA_ROTATE_ISSUER, access: "admin", handle: (exchange) => rotateIssuer(deps, exchange) },
    { method: "GET", path: API.CA, access: "admin", handle: (exchange) => exchange.json(200, caStatus(ca, clock.nowMs())) },
    { method: "GET", path: API.ISSUED, access: "admin", handle: (exchange) => exchange.json(200, ca.issued().map(issuedCertificate)) },
    {
      method: "GET",
      path: API.TRUST,
      access: "public",
      handle: (exchange) =>
        exchange.json(200, { trustDomain: ca.trustDomain, pem: formatCertificatesPem(ca.roots()) } satisfies TrustBundleResponse),
    },
  ];
}

async function issueCertificate(deps: CertificateDeps, exchange: Exchange): Promise<void> {
  const { ca } = deps;
  const request = await readJson(exchange, certificateRequest);
  const remote = exchange.request.socket.remoteAddress;
  const proven = await proveIdentity(deps, exchange.caller, exchange.bearer, request);
  if (!proven.ok) {
    // The CA audits what it judges itself; this was refused before it came so far.
    const { code, message } = proven;
    await ca.audit({ event: "refused", via: "none", instance: request.instance, remote, code, message });
    throw httpRefusal(proven);
  }
  const { identity, instance, via } = proven;
  const ttlMs = request.ttlSeconds === undefined ? undefined : request.ttlSeconds * 1000;
  const prepared = await ca.prepare({ csr: request.csr, identity, instance, via, ttlMs, remote });
  if (!prepared.ok) throw httpRefusal(prepared);
  const issued = await ca.issue(prepared.ticket, remote);
  if (!issued.ok) throw httpRefusal(issued);
  exchange.json(201, certificateResponse(ca, issued));
}

async function createJoinToken({ ca, tokens }: CertificateDeps, exchange: Exchange): Promise<void> {
  const { namespace, serviceAccount, instance } = await readJson(exchange, joinTokenRequest);
  if (!isWorkloadName(namespace, serviceAccount)) {
    throw new HttpError(400, "BadRequest", "serviceAccount: must be a name Kubernetes would accept for a ServiceAccount");
  }
  const identity = workloadSpiffeId(ca.trustDomain, { namespace, serviceAccount });
  const remote = exchange.request.socket.remoteAddress;
  if (identity.endsWith(`/${CONTROLLER_IDENTITY_PATH}`)) {
    const refusal = refuse("identity-not-allowed", "this is the controller's own identity");
    await ca.audit({ event: "refused", identity, instance, via: "admin", remote, code: refusal.code, message: refusal.message });
    throw httpRefusal(refusal);
  }
  const { token, expiresAtMs } = await tokens.create(identity, instance);
  await ca.audit({ event: "join-token", identity, instance, via: "admin", remote });
  exchange.json(201, { token, expiresAt: new Date(expiresAtMs).toISOString() } satisfies JoinTokenResponse);
}

async function rotateLeaves({ ca, clock, requestRenewal }: CertificateDeps, exchange: Exchange): Promise<void> {
  const { instance } = await readJson(exchange, rotateRequest);
  const nowMs = clock.nowMs();
  const asked = requestRenewal(instance === undefined ? "all" : { instance }, nowMs);
  if (instance !== undefined && asked.length === 0) {
    throw new HttpError(404, "NotFound", `no proxy is connected for ${instance}`);
  }
  await ca.audit({ event: "renewal-asked", instance: instance ?? "all", via: "admin", remote: exchange.request.socket.remoteAddress });
  exchange.json(200, { asked, askedAt: new Date(nowMs).toISOString() } satisfies RotateResponse);
}

async function rotateIssuer({ ca, clock, requestRenewal }: CertificateDeps, exchange: Exchange): Promise<void> {
  await ca.rotateIssuer();
  // One more than now: a leaf the old issuer signed in this very millisecond counts too.
  requestRenewal("all", clock.nowMs() + 1);
  exchange.json(200, caStatus(ca, clock.nowMs()));
}
