/** Exit codes of the command line (design section 12). */
export const EXIT = Object.freeze({
  OK: 0,
  /** The thing asked about is not fine: check failed, not found, refused by validation. */
  NOT_FINE: 1,
  USAGE: 2,
  UNREACHABLE: 3,
  /** Conflict, or refused for safety. */
  REFUSED: 4,
  /** Our own fault. */
  INTERNAL: 70,
  INTERRUPTED: 130,
});

/**
 * A problem the user can act on: what happened, and the next step. Printed as
 * `Error: <message>` and `  <hint>`; never with a stack trace.
 */
export class UserError extends Error {
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(message: string, options: { hint?: string; exitCode?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "UserError";
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? EXIT.NOT_FINE;
  }
}

/** One thing wrong with an object. `path` is a field path such as `spec.rules[0].backendRefs[1].weight`. */
export interface Violation {
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  /** `metav1.CauseType` for API answers: FieldValueInvalid, FieldValueRequired. Absent: by the message. */
  readonly reason?: string;
}

/** Text of anything thrown, without a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
