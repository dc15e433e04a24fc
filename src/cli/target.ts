import { readFileSync } from "node:fs";
import { contextPath, type ContextsFile, type MeshContext } from "../home/contexts.ts";
import { readControllerRecord } from "../home/controller-file.ts";
import type { HomeLayout } from "../home/layout.ts";
import { credentialProblem } from "../home/inspect.ts";
import { EXIT, messageOf, UserError } from "../lib/errors.ts";

/** Which controller to talk to, and how to be believed. */
export interface Target {
  readonly context: MeshContext;
  /** `https://host:port` as the context has it; see {@link presentServer}. */
  readonly server: string;
  /** PEM roots. */
  readonly ca: string;
  /** Bearer token; empty when the context names none. */
  readonly token: string;
}

/** The context of that name, or the current one. Throws a UserError that says what exists. */
export function chooseContext(file: ContextsFile, wanted: string | undefined): MeshContext {
  const name = wanted ?? file.currentContext;
  if (name === null) {
    throw new UserError("there is no mesh to talk to yet", {
      hint: "Start one on this machine with `meshctl install --local`.",
      exitCode: EXIT.UNREACHABLE,
    });
  }
  const found = file.contexts.find((context) => context.name === name);
  if (found) return found;
  const names = file.contexts.map((context) => context.name);
  throw new UserError(`no context is named "${name}"`, {
    hint: names.length > 0 ? `There is: ${names.join(", ")}.` : "Start a mesh on this machine with `meshctl install --local`.",
    exitCode: wanted === undefined ? EXIT.UNREACHABLE : EXIT.NOT_FINE,
  });
}

/** Reads the roots and the token that `context` points to. Throws a UserError for a token that others could read or replace. */
export function readTarget(layout: HomeLayout, context: MeshContext, uid: number | undefined): Target {
  if (context.tokenFile !== undefined) requirePrivate(layout, contextPath(layout.root, context.tokenFile), uid);
  const ca = context.certificateAuthorityData ?? (context.certificateAuthority ? readText(layout, context.certificateAuthority) : "");
  const token = context.tokenFile ? readText(layout, context.tokenFile).trim() : "";
  return { context, server: context.server, ca, token };
}

/** `https://host:port` where it is now: a controller of this machine may have had to move since the context was written. */
export function presentServer(layout: HomeLayout, { context, server }: Target): string {
  const record = context.platform === "local" ? readControllerRecord(layout) : null;
  return record === null ? server : `https://${new URL(server).hostname}:${record.httpsPort}`;
}

function requirePrivate(layout: HomeLayout, path: string, uid: number | undefined): void {
  const problem = credentialProblem(layout, path, uid);
  if (problem === null) return;
  throw new UserError(`the credential is not used: ${problem.path} ${problem.message}`, { hint: problem.fix, exitCode: EXIT.REFUSED });
}

function readText(layout: HomeLayout, path: string): string {
  const absolute = contextPath(layout.root, path);
  try {
    return readFileSync(absolute, "utf8");
  } catch (error) {
    throw new UserError(`${absolute} cannot be read: ${messageOf(error)}`, {
      hint: "The context points to it; `meshctl install --local` writes both again.",
      exitCode: EXIT.UNREACHABLE,
      cause: error,
    });
  }
}
