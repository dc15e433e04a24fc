import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";

/** So many directories are looked into for one pattern. */
const MAX_DIRECTORIES = 10_000;

/** The word has a sign that stands for other characters. */
export function isGlob(word: string): boolean {
  return /[*?[]/.test(word);
}

/**
 * Files that a shell's pattern names, in order: `*` and `?` within a name, `[a-z]`, and the doubled star for directories of any depth. Names
 * that begin with a dot have to be asked for. For shells that leave patterns alone, and for patterns in quotes.
 */
export function expandGlob(pattern: string, cwd: string): string[] {
  const found: string[] = [];
  let directories = 0;
  const walk = (folder: string, parts: readonly string[]): void => {
    const [part, ...rest] = parts;
    if (part === undefined) return;
    if (part === "" || part === "." || part === "..") return walk(join(folder, part === "" ? "/" : part), rest);
    directories += 1;
    if (directories > MAX_DIRECTORIES) return;
    if (part === "**") walk(folder, rest);
    const matches = part === "**" ? (name: string) => !name.startsWith(".") : matcher(part);
    for (const entry of entriesOf(resolve(cwd, folder))) {
      if (!matches(entry.name)) continue;
      const path = join(folder, entry.name);
      if (part === "**") {
        if (entry.isDirectory()) walk(path, parts);
      } else if (rest.length > 0) {
        if (entry.isDirectory() || entry.isSymbolicLink()) walk(path, rest);
      } else if (!entry.isDirectory()) found.push(path);
    }
  };
  walk("", pattern.split("/"));
  return [...new Set(found)].sort();
}

function entriesOf(folder: string): ReturnType<typeof list> {
  try {
    return list(folder);
  } catch {
    return [];
  }
}

function list(folder: string) {
  return readdirSync(folder, { withFileTypes: true });
}

function matcher(part: string): (name: string) => boolean {
  const source = part.replace(/\[!?[^\]]+\]|[\\^$.*+?()[\]{}|]/g, (sign) => {
    if (sign === "*") return "[^/]*";
    if (sign === "?") return "[^/]";
    if (sign.length > 1) return sign.replace(/^\[!/, "[^").replaceAll("\\", "\\\\");
    return `\\${sign}`;
  });
  let pattern: RegExp;
  try {
    pattern = new RegExp(`^${source}$`, "u");
  } catch {
    // A set that is none, such as [z-a], matches nothing.
    return () => false;
  }
  return (name) => (part.startsWith(".") || !name.startsWith(".")) && pattern.test(name);
}
