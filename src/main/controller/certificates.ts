import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { type CertificateAuthority, createCertificateAuthority } from "../../ca/authority.ts";
import { openEmbeddedCa } from "../../ca/backends/embedded.ts";
import { createFileAuditSink, createFileRecordLog, createFileSecretStore } from "../../ca/backends/files.ts";
import { IssuanceLog } from "../../ca/issuance-log.ts";
import { type JoinTokens, openJoinTokens } from "../../ca/join-tokens.ts";
import { checkLifetimes } from "../../ca/profile.ts";
import { createServingIdentity, type ServingIdentity } from "../../controller/certificates/serving.ts";
import { createWorkloadVerifier } from "../../controller/certificates/verify-workload.ts";
import type { Peer } from "../../discovery/server/contract.ts";
import { readCertificate } from "../../identity/certificate-reader.ts";
import { formatCertificatesPem } from "../../identity/pem.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { CONTROLLER_CA_FILE } from "../../local/context.ts";
import type { Logger } from "../../telemetry/log.ts";
import { DEFAULT_TRUST_DOMAIN } from "../../messages/names.ts";
import type { ControllerSettings } from "./settings.ts";

export interface Certificates {
  readonly ca: CertificateAuthority;
  readonly tokens: JoinTokens;
  readonly serving: ServingIdentity;
  readonly verifyWorkload: ReturnType<typeof createWorkloadVerifier>;
  /** For the discovery port: throws where {@link verifyWorkload} says null. */
  verifyPeer(socket: TLSSocket): Omit<Peer, "address">;
  close(): Promise<void>;
}

/** Opens the CA of the state directory, or makes it the first time, and the controller's own certificate. */
export async function openCertificates({ layout, lifetimes }: ControllerSettings, clock: Clock, log: Logger): Promise<Certificates> {
  checkLifetimes(lifetimes);
  const trustDomain = DEFAULT_TRUST_DOMAIN;
  const secrets = createFileSecretStore(layout.caDir);
  const failed = (what: string) => (error: unknown) => log.error(what, { error: messageOf(error) });
  const { backend, created } = await openEmbeddedCa({ secrets, trustDomain, lifetimes, clock });
  const record = createFileRecordLog(join(layout.caDir, "issued.jsonl"));
  const audit = createFileAuditSink(layout.auditDir, failed("the audit log cannot be written"));
  const ca = createCertificateAuthority({
    trustDomain,
    backend,
    log: await IssuanceLog.open(record),
    audit,
    clock,
    lifetimes,
    failed: failed("the issuer was not renewed; it is tried again"),
  });
  if (created) await ca.audit({ event: "ca-created", serial: ca.issuer().serial });
  const tokens = await openJoinTokens({ secrets, trustDomain, clock });
  const serving = await createServingIdentity({
    ca,
    clock,
    failed: failed("the controller's certificate was not renewed; it is tried again"),
  });
  // Not secret: what clients of this machine verify the controller by.
  await writeFileAtomic(join(layout.root, CONTROLLER_CA_FILE), formatCertificatesPem(ca.roots()), 0o600);
  const verifyWorkload = createWorkloadVerifier(ca, clock);
  return {
    ca,
    tokens,
    serving,
    verifyWorkload,
    verifyPeer(socket) {
      const verified = verifyWorkload(socket);
      if (verified === null) throw new Error("the certificate is not a valid identity of this mesh");
      const { notBeforeMs, notAfterMs } = readCertificate(verified.leafDer);
      return { identity: verified.identity, serial: verified.serial, notBeforeMs, notAfterMs };
    },
    async close() {
      serving.close();
      await ca.close();
    },
  };
}
