import { EXIT, UserError } from "../../lib/errors.ts";

/** What is to become of labels or annotations: a value to set, or null to take the key out. */
export type Changes = ReadonlyMap<string, string | null>;

/**
 * Tells the words that say which objects from those that say what to change: `svc api tier=web old-`. Throws a UserError for words that
 * are out of order, and for a key that is both set and taken out.
 */
export function splitWords(words: readonly string[]): { readonly objects: readonly string[]; readonly changes: Changes } {
  const first = words.findIndex(isChange);
  const objects = first < 0 ? words : words.slice(0, first);
  const changes = new Map<string, string | null>();
  for (const word of first < 0 ? [] : words.slice(first)) {
    if (!isChange(word)) {
      throw new UserError(`"${word}" is neither KEY=VALUE nor KEY-`, {
        exitCode: EXIT.USAGE,
        hint: "Objects come first, changes after them.",
      });
    }
    const equals = word.indexOf("=");
    const key = equals < 0 ? word.slice(0, -1) : word.slice(0, equals);
    if (changes.has(key)) throw new UserError(`${key} is said twice`, { exitCode: EXIT.USAGE });
    changes.set(key, equals < 0 ? null : word.slice(equals + 1));
  }
  return { objects, changes };
}

/** No object's name holds `=` or ends with `-`. */
function isChange(word: string): boolean {
  return word.indexOf("=") > 0 || (word.length > 1 && word.endsWith("-") && !word.startsWith("-"));
}

/** Keys that have another value now: those that only --overwrite may change. */
export function takenKeys(current: Readonly<Record<string, string>>, changes: Changes): readonly string[] {
  return [...changes].filter(([key, value]) => value !== null && Object.hasOwn(current, key) && current[key] !== value).map(([key]) => key);
}

/** The part of the changes that is not so yet. */
export function pendingChanges(current: Readonly<Record<string, string>>, changes: Changes): Changes {
  return new Map([...changes].filter(([key, value]) => (Object.hasOwn(current, key) ? current[key] : null) !== value));
}
