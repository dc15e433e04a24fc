import { join } from "node:path";
import { type CertificateAuthority, createCertificateAuthority } from "../../src/ca/authority.ts";
import { openEmbeddedCa } from "../../src/ca/backends/embedded.ts";
import { createFileAuditSink, createFileRecordLog, createFileSecretStore } from "../../src/ca/backends/files.ts";
import { IssuanceLog } from "../../src/ca/issuance-log.ts";
import { type JoinTokens, openJoinTokens } from "../../src/ca/join-tokens.ts";
import { checkLifetimes, DEFAULT_LIFETIMES } from "../../src/ca/profile.ts";
import { systemClock as clock } from "../../src/lib/clock.ts";

/** A CA with everything in files, put together as the controller does it: `ca/` and `audit/` below `directory`. */
export async function openFileCa(directory: string): Promise<{ ca: CertificateAuthority; tokens: JoinTokens }> {
  const trustDomain = "cluster.local";
  const failed = (error: unknown): void => {
    throw error;
  };
  const lifetimes = checkLifetimes(DEFAULT_LIFETIMES);
  const secrets = createFileSecretStore(join(directory, "ca"));
  const audit = createFileAuditSink(join(directory, "audit"), failed);
  const log = await IssuanceLog.open(createFileRecordLog(join(directory, "ca", "issued.jsonl")));
  const { backend } = await openEmbeddedCa({ secrets, trustDomain, lifetimes, clock });
  const tokens = await openJoinTokens({ secrets, trustDomain, clock });
  return { ca: createCertificateAuthority({ trustDomain, backend, log, audit, clock, lifetimes, failed }), tokens };
}
