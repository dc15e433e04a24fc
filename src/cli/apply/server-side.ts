import { EXIT, UserError } from "../../lib/errors.ts";
import type { OptionDefinition } from "../command.ts";

/** How server-side apply asks for fields. */
export interface ServerSide {
  readonly fieldManager: string;
  /** Takes them over from other managers. */
  readonly force: boolean;
}

export interface ServerSideOptions {
  readonly serverSide?: boolean;
  readonly fieldManager?: string;
  readonly forceConflicts?: boolean;
}

export const SERVER_SIDE: OptionDefinition = Object.freeze({
  flags: "--server-side",
  description: "let the server merge: the fields of the files become the manager's, fields that others set are conflicts",
});

export const FIELD_MANAGER_OPTION: OptionDefinition = Object.freeze({
  flags: "--field-manager <name>",
  description: "who owns the fields; meshctl when absent",
});

export const FORCE_CONFLICTS: OptionDefinition = Object.freeze({
  flags: "--force-conflicts",
  description: "with --server-side: take fields over from those who set them",
});

const DEFAULT_MANAGER = "meshctl";

/** Null where the command merges by itself. Throws a UserError for options that mean nothing without --server-side. */
export function serverSideOf({ serverSide = false, fieldManager, forceConflicts = false }: ServerSideOptions): ServerSide | null {
  if (serverSide) return { fieldManager: fieldManager ?? DEFAULT_MANAGER, force: forceConflicts };
  if (forceConflicts || fieldManager !== undefined) {
    throw new UserError("--field-manager and --force-conflicts go with --server-side", { exitCode: EXIT.USAGE });
  }
  return null;
}
