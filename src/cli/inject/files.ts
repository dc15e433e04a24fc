import { existsSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { EXIT, UserError } from "../../lib/errors.ts";
import type { Context } from "../context.ts";
import { readSources } from "../manifests/read.ts";
import type { ManifestSource } from "../manifests/source.ts";
import { expandGlob, isGlob } from "./glob.ts";

/** A dump of a large cluster is some tens of megabytes; the text and its edits are held in memory. */
const MAX_BYTES = 256 * 1024 * 1024;

/** What the words of the command line name, byte-order marks kept. Throws a UserError. */
export async function readFiles(context: Context, names: readonly string[], recursive: boolean): Promise<ManifestSource[]> {
  if (names.length === 0) {
    throw new UserError("nothing to read", { exitCode: EXIT.USAGE, hint: "Name a file, a directory or - for stdin." });
  }
  const files = names.flatMap((name) => expand(name, context.cwd));
  const sources = await readSources(files, {
    cwd: context.cwd,
    recursive,
    stdin: context.stdin as AsyncIterable<Buffer>,
    maxBytes: MAX_BYTES,
    keepMark: true,
  });
  // A file named twice, or by itself, by its directory and by a link, is one file.
  const seen = new Set<string>();
  return sources.filter(({ name }) => {
    const path = name === "-" ? name : realpathSync(resolve(context.cwd, name));
    return !seen.has(path) && seen.add(path);
  });
}

function expand(name: string, cwd: string): string[] {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(name)) {
    throw new UserError(`${name} is a URL: what it serves may change between looking and applying`, {
      exitCode: EXIT.USAGE,
      hint: `Download it, look at it, then name the file; or: curl -fsSL ${name} | meshctl inject -`,
    });
  }
  if (name === "-" || !isGlob(name) || existsSync(resolve(cwd, name))) return [name];
  const found = expandGlob(name, cwd);
  if (found.length === 0) throw new UserError(`no file is called like ${name}`);
  return found;
}
