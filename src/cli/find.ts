import type { CommandEntry } from "./entry.ts";
import { GLOBAL_WITH_VALUE } from "./globals.ts";

/** The leading words of a command line that are not global options: `-n x route split api` → route, split, api. */
export function commandWords(argv: readonly string[]): string[] {
  const words: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? "";
    if (word === "--") break;
    if (!word.startsWith("-")) words.push(word);
    else if (GLOBAL_WITH_VALUE.has(word)) index += 1;
    else if (words.length > 0) break;
    if (words.length === 2) break;
  }
  return words;
}

/** Which entry a command line means; null for help pages, groups and unknown words. */
export function findCommand(entries: readonly CommandEntry[], argv: readonly string[]): CommandEntry | null {
  const [first, second] = commandWords(argv);
  if (first === undefined) return null;
  for (const entry of entries) {
    const [noun, verb] = entry.words;
    if (verb === undefined ? isNamed(entry, first) : noun === first && second !== undefined && isNamed(entry, second)) return entry;
  }
  return null;
}

function isNamed(entry: CommandEntry, word: string): boolean {
  return entry.words.at(-1) === word || (entry.aliases?.includes(word) ?? false);
}
