import type { RedirectOptions } from "./options.ts";

/** One program to run. */
export interface Step {
  readonly program: string;
  readonly args: readonly string[];
  /** For its stdin. */
  readonly input?: string;
}

/**
 * A way to redirect traffic. Pure: it says what to run and reads what programs said. Others (a CNI plug-in, eBPF) join by
 * making one of these.
 */
export interface RedirectBackend {
  readonly name: string;
  /** The rules as text, for people: what `--dry-run` prints. */
  format(options: RedirectOptions): string;
  /** Run first; what each prints is given to the next two, "" where it failed. Empty: nothing need be known. */
  readonly inspect: readonly Step[];
  /** Brings the namespace to exactly these rules, whatever was there of ours. */
  apply(options: RedirectOptions, found: readonly string[]): readonly Step[];
  /** Takes all of ours away and leaves what others made; nothing to do is no error. */
  remove(found: readonly string[]): readonly Step[];
}
