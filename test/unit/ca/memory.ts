/** The CA on a paused clock with everything in memory. */
import { type CertificateAuthority, createCertificateAuthority } from "../../../src/ca/authority.ts";
import { openEmbeddedCa } from "../../../src/ca/backends/embedded.ts";
import type { AuditEntry, AuditSink, CaBackend, RecordLog, SecretStore } from "../../../src/ca/contract.ts";
import { IssuanceLog } from "../../../src/ca/issuance-log.ts";
import { DEFAULT_LIFETIMES, type Lifetimes } from "../../../src/ca/profile.ts";
import { PausedClock } from "../../support/paused-clock.ts";

export const NOW = Date.UTC(2026, 5, 1, 12);
export const WEB = "spiffe://cluster.local/ns/default/sa/web";

export function memorySecrets(): SecretStore & { readonly values: Map<string, Buffer> } {
  const values = new Map<string, Buffer>();
  return {
    values,
    read: async (name) => values.get(name) ?? null,
    write: async (name, content) => void values.set(name, content),
  };
}

export function memoryLog(lines: string[] = []): RecordLog & { readonly lines: string[] } {
  return {
    lines,
    load: async () => [...lines],
    append: async (line) => void lines.push(line),
    replace: async (next) => void lines.splice(0, lines.length, ...next),
    close: async () => {},
  };
}

export function memoryAudit(): AuditSink & { readonly entries: AuditEntry[] } {
  const entries: AuditEntry[] = [];
  return { entries, write: async (entry) => void entries.push(entry), close: async () => {} };
}

export interface MemoryCa {
  readonly ca: CertificateAuthority;
  readonly clock: PausedClock;
  readonly secrets: ReturnType<typeof memorySecrets>;
  readonly log: ReturnType<typeof memoryLog>;
  readonly audit: ReturnType<typeof memoryAudit>;
  readonly backend: CaBackend;
}

export async function memoryCa(lifetimes: Partial<Lifetimes> = {}): Promise<MemoryCa> {
  const clock = new PausedClock(NOW);
  const secrets = memorySecrets();
  const log = memoryLog();
  const audit = memoryAudit();
  const all = { ...DEFAULT_LIFETIMES, ...lifetimes };
  const { backend } = await openEmbeddedCa({ secrets, trustDomain: "cluster.local", lifetimes: all, clock });
  const ca = createCertificateAuthority({
    trustDomain: "cluster.local",
    backend,
    log: await IssuanceLog.open(log),
    audit,
    clock,
    lifetimes: all,
  });
  return { ca, clock, secrets, log, audit, backend };
}
