import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { Prompt } from "./prompt/contract.ts";

/** Where text goes. `process.stdout` is one; tests pass a list. */
export interface Writer {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Width of the terminal in characters. */
  readonly columns?: number;
  /** True while what was written waits for a slow reader; `drain` tells when it does no more. */
  readonly writableNeedDrain?: boolean;
  once?(event: "drain", listener: () => void): unknown;
}

/** Signals that ask a command to end. */
export type EndSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Everything a run of the command line takes from its process; only src/main makes one from the real thing. */
export interface Invocation {
  /** The words after `meshctl`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly userHome: string;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: Writer;
  readonly stderr: Writer;
  /** Questions to a person; null unless stdin and stderr are terminals. Opened with the first question, because that costs time. */
  readonly openPrompt: (() => Promise<Prompt>) | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly pid: number;
  /** Undefined where the system has no numbers for users. */
  readonly uid: number | undefined;
  /** `process.version`: v20.20.2. */
  readonly nodeVersion: string;
  /** The Node.js that runs this, and the script it was given; the latter absolute or relative to `cwd`. */
  readonly nodePath: string;
  readonly scriptPath: string;
  /** Calls `handler` for each end signal until the returned function is called. */
  onSignal(handler: (signal: EndSignal) => void): () => void;
  /** Calls `handler` when nobody reads the output any more, until the returned function is called. Without one the process just ends. */
  onOutputLost?(handler: () => void): () => void;
}
