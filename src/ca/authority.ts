/** The CA's policy, the same in front of every backend: who may have which certificate, in two steps, with a record of each. */
import { newSerial } from "../identity/certificate.ts";
import { type CertificateFacts, readCertificate } from "../identity/certificate-reader.ts";
import { parseCsr } from "../identity/csr.ts";
import type { AltNames } from "../identity/extensions.ts";
import { parseSpiffeId, workloadNameOf } from "../identity/spiffe-id.ts";
import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import { secureBytes } from "../lib/secure-random.ts";
import { CONTROLLER_IDENTITY_PATH } from "../messages/names.ts";
import { type AuditEntry, type AuditSink, type CaBackend, type Order, type Refusal, refuse, type Via } from "./contract.ts";
import { IssuanceLog, type ListedIssuance, type Issuance } from "./issuance-log.ts";
import { IssuerRotation } from "./issuer-rotation.ts";
import { LintError } from "./lint.ts";
import { type Lifetimes, MIN_LEAF_MS } from "./profile.ts";
import { requestProblem } from "./request-rules.ts";
import { TICKET_LIFE_MS, Tickets } from "./tickets.ts";

/** A request whose caller has proven to be `identity`. */
export interface LeafRequest {
  /** PKCS#10, PEM. */
  readonly csr: string;
  /** SPIFFE id. */
  readonly identity: string;
  /** `namespace/instance`; empty for a client outside the mesh. */
  readonly instance: string;
  readonly via: Via;
  /** Asked lifetime; more than the profile gives is cut for workloads and refused for clients. */
  readonly ttlMs?: number;
  /** Host names and addresses beside the identity; only for the controller itself. */
  readonly hostNames?: Pick<AltNames, "dnsNames" | "ipAddresses">;
  readonly remote?: string;
}

export interface IssuedLeaf {
  readonly ok: true;
  /** Leaf, then issuers up to but without the root. DER. */
  readonly chain: readonly Buffer[];
  readonly record: Issuance;
}

export interface CertificateAuthority {
  readonly trustDomain: string;
  readonly lifetimes: Lifetimes;
  readonly backendName: string;
  /** Judges a request; the ticket is good for one {@link issue}. */
  prepare(request: LeafRequest): Promise<{ readonly ok: true; readonly ticket: string } | Refusal>;
  /** Signs what was prepared. The record is on disk before this resolves. */
  issue(ticket: string, remote?: string): Promise<IssuedLeaf | Refusal>;
  rotateIssuer(): Promise<void>;
  /** Roots peers are judged by. DER. */
  roots(): readonly Buffer[];
  issuer(): CertificateFacts;
  /** Unix milliseconds at which the issuer is replaced by itself. */
  issuerRotatesAtMs(): number;
  /** Newest first. */
  issued(): readonly ListedIssuance[];
  record(serial: string): Issuance | undefined;
  audit(entry: Omit<AuditEntry, "time">): Promise<void>;
  /** Called after each change of issuer. Returns a function that ends it. */
  onIssuerChange(listener: () => void): () => void;
  close(): Promise<void>;
}

export interface AuthorityOptions {
  readonly trustDomain: string;
  readonly backend: CaBackend;
  readonly log: IssuanceLog;
  readonly audit: AuditSink;
  readonly clock: Clock;
  readonly lifetimes: Lifetimes;
  /** Hears that the issuer could not be renewed by itself; it is tried again. */
  readonly failed?: (error: unknown) => void;
}

const MAX_AUDITED = 256;

export function createCertificateAuthority(options: AuthorityOptions): CertificateAuthority {
  const { backend, clock, lifetimes, log, trustDomain } = options;
  const controllerId = `spiffe://${trustDomain}/${CONTROLLER_IDENTITY_PATH}`;
  const tickets = new Tickets();

  const audit = (entry: Omit<AuditEntry, "time">) => options.audit.write({ time: new Date(clock.nowMs()).toISOString(), ...entry });

  async function refused(refusal: Refusal, request: Pick<LeafRequest, "identity" | "instance" | "via" | "remote">): Promise<Refusal> {
    const { instance, via, remote } = request;
    // An identity that is none may be as long as a request.
    const identity = request.identity.slice(0, MAX_AUDITED);
    await audit({ event: "refused", identity, instance, via, remote, code: refusal.code, message: refusal.message });
    return refusal;
  }

  const rotation = new IssuerRotation({
    backend,
    clock,
    lifetimes,
    rotated: (issuer) => audit({ event: "issuer-rotated", serial: issuer.serial, notAfter: new Date(issuer.notAfterMs).toISOString() }),
    failed: options.failed ?? (() => {}),
  });

  async function prepare(request: LeafRequest) {
    const { identity, instance, via, hostNames } = request;
    const wrong = identityProblem(identity, via, trustDomain, controllerId);
    if (wrong !== null) return refused(wrong, request);
    const parsed = parseCsr(request.csr);
    if (!parsed.ok) return refused(refuse(parsed.code, parsed.message), request);
    const asked = requestProblem(parsed.csr, identity);
    if (asked !== null) return refused(asked, request);
    if (isOurOwnKey(parsed.csr.publicKey)) return refused(refuse("csr-weak-key", "the request holds a key of the CA"), request);
    const life = lifeOf(request, lifetimes);
    if (typeof life !== "number") return refused(life, request);
    if (log.isFull(clock.nowMs())) return refused(refuse("log-full", "the issuance log is full: too many certificates are alive"), request);

    const nowMs = clock.nowMs();
    const order: Order = {
      serial: unusedSerial(),
      identity,
      publicKey: parsed.csr.publicKey,
      altNames: { uris: [identity], dnsNames: hostNames?.dnsNames ?? [], ipAddresses: hostNames?.ipAddresses ?? [] },
      notBeforeMs: nowMs - lifetimes.backdateMs,
      notAfterMs: nowMs + life,
    };
    if (!(await rotation.liveUntil(order.notAfterMs))) {
      return refused(refuse("lifetime", "the root ends before the certificate would"), request);
    }
    const ticket = secureBytes(24).toString("base64url");
    if (!tickets.put(ticket, { order, instance, via, expiresAtMs: nowMs + TICKET_LIFE_MS }, nowMs)) {
      return refused(refuse("busy", "too many requests are being judged at this moment"), request);
    }
    return { ok: true as const, ticket };
  }

  async function issue(ticket: string, remote?: string): Promise<IssuedLeaf | Refusal> {
    const nowMs = clock.nowMs();
    const prepared = tickets.take(ticket, nowMs);
    if (prepared === null) {
      const refusal = refuse("ticket-unknown", "this issuance was not prepared, is over 30 s old, or has been redeemed before");
      await audit({ event: "refused", via: "none", remote, code: refusal.code, message: refusal.message });
      return refusal;
    }
    const { order, instance, via } = prepared;
    try {
      const chain = await backend.sign(order);
      const record = recordOf(chain, prepared, nowMs);
      await log.add(record, nowMs);
      const notAfter = new Date(record.notAfterMs).toISOString();
      await audit({ event: "issued", identity: order.identity, instance, via, serial: record.serial, notAfter, remote });
      return { ok: true, chain, record };
    } catch (error) {
      if (!(error instanceof LintError)) throw error;
      return refused(refuse("lint", messageOf(error)), { identity: order.identity, instance, via, remote });
    }
  }

  function unusedSerial(): string {
    for (;;) {
      const serial = newSerial();
      if (!log.has(serial) && !tickets.hasSerial(serial)) return serial;
    }
  }

  function isOurOwnKey(publicKey: Buffer): boolean {
    const { roots, issuer: current } = backend.authority();
    return [...roots, current].some((der) => readCertificate(der).publicKey.equals(publicKey));
  }

  return {
    trustDomain,
    lifetimes,
    backendName: backend.name,
    prepare,
    issue,
    rotateIssuer: () => rotation.rotate(),
    roots: () => backend.authority().roots,
    issuer: () => rotation.issuer,
    issuerRotatesAtMs: () => rotation.dueAtMs,
    issued: () => log.list(clock.nowMs()),
    record: (serial) => log.get(serial),
    audit,
    onIssuerChange: (listener) => rotation.onChange(listener),
    async close() {
      rotation.close();
      await log.close();
      await options.audit.close();
    },
  };
}

function identityProblem(identity: string, via: Via, trustDomain: string, controllerId: string): Refusal | null {
  const parsed = parseSpiffeId(identity);
  if (!parsed.ok) return refuse("identity-not-allowed", parsed.message);
  if (parsed.id.trustDomain !== trustDomain) {
    return refuse("identity-not-allowed", `trust domain ${parsed.id.trustDomain} is not this CA's (${trustDomain})`);
  }
  if (workloadNameOf(parsed.id) === null) {
    return refuse("identity-not-allowed", "an identity has the form ns/<namespace>/sa/<service-account>, both Kubernetes names");
  }
  // Whoever has this one can tell every proxy what to do.
  if (identity === controllerId && via !== "controller") return refuse("identity-not-allowed", "this is the controller's own identity");
  return null;
}

/** Lifetime in milliseconds. */
function lifeOf({ via, ttlMs }: LeafRequest, { leafMs, maxClientMs }: Lifetimes): number | Refusal {
  if (ttlMs !== undefined && !(ttlMs >= MIN_LEAF_MS)) return refuse("lifetime", `the lifetime is under ${MIN_LEAF_MS / 1000} s`);
  if (via !== "admin") return Math.min(ttlMs ?? leafMs, leafMs);
  // A person counts on what was asked for: cutting it short would be found out too late.
  if (ttlMs !== undefined && ttlMs > maxClientMs) return refuse("lifetime", `the lifetime is over ${maxClientMs / 1000} s`);
  return ttlMs ?? Math.min(3_600_000, maxClientMs);
}

/** From the certificate itself: a backend may have chosen other values than the order's. */
function recordOf(
  chain: readonly Buffer[],
  { order, instance, via }: { order: Order; instance: string; via: Via },
  nowMs: number,
): Issuance {
  const [leaf, issuer] = chain;
  const facts = readCertificate(leaf ?? Buffer.alloc(0));
  return {
    serial: facts.serial,
    identity: order.identity,
    instance,
    issuedAtMs: nowMs,
    notBeforeMs: facts.notBeforeMs,
    notAfterMs: facts.notAfterMs,
    issuer: facts.issuer.text,
    issuerSerial: issuer === undefined ? "" : readCertificate(issuer).serial,
    via,
  };
}
