import { EXIT, UserError } from "../lib/errors.ts";

/** An entry of a Status' causes: one field and what is wrong with it. */
export interface KubeCause {
  readonly field: string;
  readonly message: string;
  readonly reason: string;
}

/** What a Kubernetes-shaped API answered instead of what was asked, or why there was no answer. */
export class KubeError extends UserError {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Kubernetes StatusReason: NotFound, AlreadyExists, Conflict, Invalid, Expired, Unauthorized…; `Unreachable` when no answer came. */
  readonly reason: string;
  /** Fields that were refused; empty where the refusal is not about fields. */
  readonly causes: readonly KubeCause[];

  constructor(
    status: number,
    reason: string,
    message: string,
    options: { readonly causes?: readonly KubeCause[]; readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { exitCode: exitCodeOf(status), hint: options.hint ?? hintOf(status), cause: options.cause });
    this.name = "KubeError";
    this.status = status;
    this.reason = reason;
    this.causes = options.causes ?? [];
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof KubeError && error.status === 404;
}

/** 409 for a stale resourceVersion; not for a name that is taken. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubeError && error.status === 409 && error.reason !== "AlreadyExists";
}

export function isAlreadyExists(error: unknown): boolean {
  return error instanceof KubeError && error.reason === "AlreadyExists";
}

/** What was asked from is forgotten (410), or of a store that knew more than this one does; list again. */
export function isGone(error: unknown): boolean {
  if (!(error instanceof KubeError)) return false;
  return error.status === 410 || error.causes.some(({ reason }) => reason === "ResourceVersionTooLarge");
}

/** No answer came: refused, reset, timed out, or not the server it should be. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof KubeError && error.status === 0;
}

function exitCodeOf(status: number): number {
  if (status === 0 || status === 503) return EXIT.UNREACHABLE;
  return status === 409 ? EXIT.REFUSED : EXIT.NOT_FINE;
}

function hintOf(status: number): string | undefined {
  if (status === 401) return "The credential is missing, expired, or of another mesh.";
  if (status === 409) return "Somebody else changed it at the same time: look at it again and repeat.";
  return undefined;
}
