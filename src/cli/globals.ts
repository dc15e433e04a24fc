import type { OptionDefinition } from "./command.ts";

/** Options that every command takes, before or after its words. */
export const GLOBAL_OPTIONS: readonly OptionDefinition[] = Object.freeze([
  { flags: "-n, --namespace <name>", description: "namespace to work in (default: the context's, else `default`)", completes: "namespace" },
  { flags: "--context <name>", description: "which mesh of the configuration to talk to", completes: "context" },
  { flags: "--home <dir>", description: "state directory (default: $MESHCTL_HOME, else ~/.local/state/meshctl)", completes: "directory" },
  { flags: "-v, --verbose", description: "say on stderr what is asked of the controller" },
  { flags: "--no-color", description: "no colours (as NO_COLOR=1)" },
]);

/** Values of {@link GLOBAL_OPTIONS}; absent when not given. */
export interface GlobalValues {
  readonly namespace?: string;
  readonly context?: string;
  readonly home?: string;
  readonly verbose?: boolean;
  /** False after `--no-color`. */
  readonly color?: boolean;
}

/** Those of the global options that take the next word as their value. */
export const GLOBAL_WITH_VALUE: ReadonlySet<string> = new Set(["-n", "--namespace", "--context", "--home"]);
