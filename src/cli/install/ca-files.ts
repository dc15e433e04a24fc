import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { type CaPair, caPairViolations } from "../../install/ca-pair.ts";
import { EXIT, messageOf, UserError } from "../../lib/errors.ts";
import type { OptionDefinition } from "../command.ts";
import type { Context } from "../context.ts";

export interface CaOptions {
  readonly caCert?: string;
  readonly caKey?: string;
}

export const CA_OPTIONS: readonly OptionDefinition[] = Object.freeze([
  {
    flags: "--ca-cert <file>",
    description: "certificate of a CA of yours, PEM, with --ca-key; otherwise the controller makes one",
    completes: "file",
  },
  { flags: "--ca-key <file>", description: "its private key, PEM", completes: "file" },
]);

/** A chain of certificates is a few KiB. */
const MAX_PEM_BYTES = 256 * 1024;

/** The CA somebody brings, judged; null when nobody does. */
export function readCaPair(context: Context, { caCert, caKey }: CaOptions): CaPair | null {
  if (caCert === undefined && caKey === undefined) return null;
  if (caCert === undefined || caKey === undefined) {
    throw new UserError("--ca-cert and --ca-key belong together", { exitCode: EXIT.USAGE });
  }
  const pair = { certPem: readPem(context.cwd, caCert), keyPem: readPem(context.cwd, caKey) };
  const [problem] = caPairViolations(pair, context.clock.nowMs());
  if (problem) throw new UserError(`${problem.path} ${problem.message}`, { hint: problem.hint });
  return pair;
}

function readPem(cwd: string, name: string): string {
  const path = resolve(cwd, name);
  try {
    const { size } = statSync(path);
    if (size > MAX_PEM_BYTES) throw new Error(`it has ${size} bytes, a PEM file of certificates has at most ${MAX_PEM_BYTES}`);
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
