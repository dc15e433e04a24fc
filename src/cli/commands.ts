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
export const COMMAND_GROUPS = ["Mesh on this machine", "Resources", "Traffic", "Watch and diagnose", "Identity", "Other"] as const;
export type CommandGroup = (typeof COMMAND_GROUPS)[number];

/** What the first word of a two-word command stands for. */
export const NOUNS: Readonly<Record<string, { readonly summary: string; readonly group: CommandGroup }>> = Object.freeze({
  local: { summary: "start, stop and look at the control plane on this machine", group: "Mesh on this machine" },
  route: { summary: "split a service's traffic among its versions", group: "Traffic" },
  fault: { summary: "break or delay requests on purpose", group: "Traffic" },
  cert: { summary: "certificates: see, rotate and issue them", group: "Identity" },
});

/** Every command, in the order help shows them. Adding one is a file and a line here. */
export const COMMANDS: readonly CommandEntry[] = Object.freeze([
  {
    words: ["version"],
    summary: "print the versions of this program and of the controller",
    group: "Other",
    load: () => import("./commands/version.ts"),
  },
] as CommandEntry[]);
