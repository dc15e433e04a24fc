/** What the CA needs from below (places to keep things) and what a backend that signs offers. */
import type { AltNames } from "../identity/extensions.ts";

/** Few, small, secret values by name: files on one machine, a Secret on a cluster. A write is there after a crash once its promise is kept. */
export interface SecretStore {
  /** Null when there is none of that name. */
  read(name: string): Promise<Buffer | null>;
  write(name: string, content: Buffer): Promise<void>;
}

/** Lines that are there after a crash once the promise of `append` is kept. */
export interface RecordLog {
  /** Every whole line, oldest first; what a crash left half written is dropped. */
  load(): Promise<readonly string[]>;
  append(line: string): Promise<void>;
  /** All lines at once: old or new after a crash, never a mixture. */
  replace(lines: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** How a caller proved who it is; `controller` is the controller's own serving certificate. */
export type Via = "join-token" | "leaf" | "admin" | "controller";

export type RefusalCode =
  | "not-authenticated"
  | "token-malformed"
  | "token-signature"
  | "token-expired"
  | "token-audience"
  | "token-instance"
  | "identity-not-allowed"
  | "not-renewable"
  | "csr-too-large"
  | "csr-malformed"
  | "csr-weak-key"
  | "csr-signature"
  | "csr-identity"
  | "csr-names"
  | "csr-ca"
  | "csr-extension"
  | "lifetime"
  | "lint"
  | "busy"
  | "log-full"
  | "ticket-unknown";

/** An expected no: a stable code, and a sentence for the one who asked. */
export interface Refusal {
  readonly ok: false;
  readonly code: RefusalCode;
  readonly message: string;
}

export function refuse(code: RefusalCode, message: string): Refusal {
  return { ok: false, code, message };
}

/** One line of the audit log. */
export interface AuditEntry {
  readonly time: string;
  readonly event: "issued" | "refused" | "ca-created" | "issuer-rotated" | "renewal-asked" | "join-token";
  readonly identity?: string;
  readonly instance?: string;
  readonly via?: Via | "none";
  readonly serial?: string;
  readonly notAfter?: string;
  readonly code?: RefusalCode;
  readonly message?: string;
  /** Address the request came from. */
  readonly remote?: string;
}

export interface AuditSink {
  /** Never rejects: a full disk must not turn a refusal into an answer; it is counted and said in the log instead. */
  write(entry: AuditEntry): Promise<void>;
  close(): Promise<void>;
}

/** Everything a backend has to know to make one leaf. All of it has been judged. */
export interface Order {
  /** Lower-case hex; a backend that picks its own says so in the certificate. */
  readonly serial: string;
  readonly identity: string;
  /** SubjectPublicKeyInfo, DER; P-256. */
  readonly publicKey: Buffer;
  /** The identity's URI and, for the controller, host names beside it. */
  readonly altNames: AltNames;
  /** Unix milliseconds. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** The certificates in force. DER. */
export interface Authority {
  /** The roots peers are judged by: one, several during a root rotation. */
  readonly roots: readonly Buffer[];
  /** Signs leaves; vouched for by the last of `roots`. */
  readonly issuer: Buffer;
}

/** Who holds the CA's keys. The policy (who may have what) is the same in front of all of them. */
export interface CaBackend {
  /** Word for `cert status`. */
  readonly name: string;
  authority(): Authority;
  /** Leaf, then issuers up to but without the root. DER. */
  sign(order: Order): Promise<readonly Buffer[]>;
  /** A new issuing key and certificate under the same root; what the old one signed stays good. Not called again before it is done. */
  rotateIssuer(): Promise<void>;
}
