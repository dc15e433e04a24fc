import type { Context } from "./context.ts";

/** What shell completion offers for a value. */
export type Completes =
  | "kind"
  | "object"
  | "service"
  | "workload"
  | "target"
  | "namespace"
  | "version"
  | "context"
  | "trace"
  | "file"
  | "directory"
  | readonly string[];

/** A word after the command: `<name>` is required, `[name]` optional, `<names...>` repeats. */
export interface ArgumentDefinition {
  readonly syntax: string;
  readonly description: string;
  readonly completes?: Completes;
}

/** One option, in commander's notation: `-o, --output <format>`. */
export interface OptionDefinition {
  readonly flags: string;
  readonly description: string;
  /** Text → value; throws a UserError. The message is prefixed with the option's name. */
  readonly parse?: (text: string) => unknown;
  /** Collects the values of every use into an array. */
  readonly repeatable?: boolean;
  readonly choices?: readonly string[];
  readonly default?: unknown;
  readonly required?: boolean;
  /** What `--option` alone means, for `--option [value]`: a value stands behind `=` only, never in the next word. */
  readonly bare?: string;
  readonly completes?: Completes;
}

export interface Example {
  /** The whole line, as typed. */
  readonly line: string;
  readonly text: string;
}

/**
 * One command, as a value: its words stand in commands.ts. `run` gets the parsed options (camel case) and
 * the arguments in order, a repeating one as an array; what it returns is the exit code, 0 when nothing.
 */
export interface Command<Options = Record<string, unknown>> {
  /** What it does, for `--help` and the docs; a paragraph or two. */
  readonly description: string;
  readonly arguments?: readonly ArgumentDefinition[];
  readonly options?: readonly OptionDefinition[];
  readonly examples: readonly Example[];
  run(context: Context, options: Options, ...args: never[]): Promise<number | void>;
}

/** Checks a definition without widening it. */
export function defineCommand<Options>(command: Command<Options>): Command<Options> {
  return Object.freeze(command);
}
