import type { Command } from "./command.ts";

/** A command in the list: enough for help without loading its code. */
export interface CommandEntry {
  /** The words the user types; the folder under commands/ says the same. */
  readonly words: readonly string[];
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** Absent: of the kind no help page shows. */
  readonly group?: CommandGroup;
  // Each command has its own type of options; whoever runs one has just parsed them from its definition.
  readonly load: () => Promise<{ readonly command: Command<never> }>;
}

/** Headings of the help page, in this order. */
export const COMMAND_GROUPS = [
  "Mesh on this machine",
  "Kubernetes",
  "Resources",
  "Traffic",
  "Watch and diagnose",
  "Identity",
  "Other",
] as const;
export type CommandGroup = (typeof COMMAND_GROUPS)[number];
