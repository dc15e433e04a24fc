import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { EXIT, messageOf, UserError } from "../../lib/errors.ts";
import type { ManifestSource } from "./source.ts";

/** Larger is no manifest: the API takes 1.5 MiB an object, and reading must not fill memory. */
export const MAX_SOURCE_BYTES = 4 * 1024 * 1024;
/** Of one command, all files together. */
const MAX_FILES = 1_000;
const EXTENSION = /\.(ya?ml|json)$/i;

/**
 * Reads what `-f` names: files, directories (their .yaml, .yml and .json files, in order of name) and `-`.
 * Throws a UserError for what is missing, too large, or no text.
 */
export async function readSources(
  names: readonly string[],
  options: {
    readonly cwd: string;
    readonly recursive: boolean;
    readonly stdin: AsyncIterable<string | Buffer>;
    /** Instead of {@link MAX_SOURCE_BYTES}. */
    readonly maxBytes?: number;
    /** The byte-order mark is part of the text. */
    readonly keepMark?: boolean;
  },
): Promise<ManifestSource[]> {
  const sources: ManifestSource[] = [];
  const { maxBytes = MAX_SOURCE_BYTES, keepMark = false } = options;
  for (const name of names) {
    if (name === "-") {
      if (sources.some((source) => source.name === "-")) throw new UserError("stdin can be read once only", { exitCode: EXIT.USAGE });
      sources.push({ name, text: decode(name, await readAll(options.stdin, maxBytes), keepMark) });
      continue;
    }
    for (const file of filesOf(name, options.cwd, options.recursive)) {
      if (sources.length >= MAX_FILES) throw new UserError(`more than ${MAX_FILES} files`, { hint: "Name fewer, or apply them in parts." });
      sources.push({ name: file, text: decode(file, readBytes(resolve(options.cwd, file), file, maxBytes), keepMark) });
    }
  }
  return sources;
}

function filesOf(name: string, cwd: string, recursive: boolean): string[] {
  const path = resolve(cwd, name);
  let isDirectory: boolean;
  try {
    isDirectory = statSync(path).isDirectory();
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new UserError(missing ? `${name} does not exist` : `${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if (!isDirectory) return [name];
  const entries = readdirSync(path, { withFileTypes: true }).sort((left, right) => (left.name < right.name ? -1 : 1));
  const files = entries.flatMap((entry) => {
    const child = join(name, entry.name);
    if (entry.isDirectory()) return recursive ? filesOf(child, cwd, true) : [];
    return EXTENSION.test(entry.name) ? [child] : [];
  });
  if (files.length === 0 && !recursive) {
    throw new UserError(`${name} holds no .yaml, .yml or .json file`, { hint: "Add --recursive to look into its directories too." });
  }
  return files;
}

function readBytes(path: string, name: string, maxBytes: number): Buffer {
  try {
    const { size } = statSync(path);
    if (size > maxBytes) throw tooLarge(name, size, maxBytes);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

async function readAll(stdin: AsyncIterable<string | Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > maxBytes) throw tooLarge("-", size, maxBytes);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function tooLarge(name: string, size: number, maxBytes: number): UserError {
  return new UserError(`${name}: too large for a manifest (over ${(size / 1e6).toFixed(1)} MB; at most ${maxBytes / 1024 / 1024} MiB)`, {
    hint: "Split it into several files.",
  });
}

/** UTF-8 with or without a byte-order mark; anything else, and anything with a zero byte, is no text. */
function decode(name: string, bytes: Buffer, keepMark: boolean): string {
  const zero = bytes.indexOf(0);
  if (zero >= 0)
    throw new UserError(`${name}: not a text file (a zero byte at offset ${zero})`, { hint: "Manifests are YAML or JSON text." });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: keepMark }).decode(bytes);
  } catch {
    throw new UserError(`${name}: not UTF-8 text`, { hint: "Manifests are YAML or JSON text in UTF-8." });
  }
}
