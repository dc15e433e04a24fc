import { join } from "node:path";
import { formatCertificatesPem } from "../../identity/pem.ts";
import type { Clock } from "../../lib/clock.ts";
import { type CertificateAuthority, createCertificateAuthority } from "../authority.ts";
import { IssuanceLog } from "../issuance-log.ts";
import { type JoinTokens, openJoinTokens } from "../join-tokens.ts";
import { checkLifetimes, type Lifetimes } from "../profile.ts";
import { openEmbeddedCa } from "./embedded.ts";
import { createFileAuditSink, createFileRecordLog, createFileSecretStore } from "./files.ts";

/** Roots for clients on this machine, PEM, beside the CA's secrets. */
export const ROOT_FILE = "root.pem";

export interface FileCaOptions {
  /** HomeLayout.caDir: keys, issuance log, {@link ROOT_FILE}. */
  readonly directory: string;
  /** HomeLayout.auditDir. */
  readonly auditDirectory: string;
  readonly trustDomain: string;
  readonly lifetimes: Lifetimes;
  readonly clock: Clock;
  /** Hears what went wrong in the background: an audit line not written, an issuer not renewed. */
  failed(error: unknown): void;
}

/** The CA of the local platform with everything in files; makes it at the first opening. Throws UserError for what a person must mend. */
export async function openFileCa(options: FileCaOptions): Promise<{ ca: CertificateAuthority; tokens: JoinTokens }> {
  const { directory, auditDirectory, trustDomain, clock, failed } = options;
  const lifetimes = checkLifetimes(options.lifetimes);
  const secrets = createFileSecretStore(directory);
  const audit = createFileAuditSink(auditDirectory, failed);
  const log = await IssuanceLog.open(createFileRecordLog(join(directory, "issued.jsonl")));
  const { backend, created } = await openEmbeddedCa({ secrets, trustDomain, lifetimes, clock });
  const tokens = await openJoinTokens({ secrets, trustDomain, clock });
  const ca = createCertificateAuthority({ trustDomain, backend, log, audit, clock, lifetimes, failed });
  await secrets.write(ROOT_FILE, Buffer.from(formatCertificatesPem(ca.roots())));
  if (created) await ca.audit({ event: "ca-created", serial: ca.issuer().serial });
  return { ca, tokens };
}
