import { RE2JS } from "re2js";

type Test = (text: string) => boolean;

/** Patterns compiled, by their text: definitions repeat them. */
const MAX_KEPT = 1_000;
/** Instructions after repeats are unrolled; bounds the time for each character. */
const MAX_PROGRAM_SIZE = 100_000;
const known = new Map<string, Test | null>();

/** `pattern` of a schema as a test that finds it anywhere in a text, in RE2's syntax as Go has it; null when it is none. */
export function compiledPattern(pattern: string): Test | null {
  const kept = known.get(pattern);
  if (kept !== undefined) return kept;
  let test: Test | null = null;
  try {
    const expression = RE2JS.compile(pattern);
    if (expression.programSize() <= MAX_PROGRAM_SIZE) test = (text) => expression.matcher(text).find();
  } catch {
    // Said by whoever asks: a definition with such a pattern is refused.
  }
  if (known.size >= MAX_KEPT) known.clear();
  known.set(pattern, test);
  return test;
}
