/**
 * Regular expressions that users write: RE2 syntax, run in time linear in the value, matched against
 * the whole value. re2js both checks and executes them: its lazy automaton takes about 0.2 µs for a
 * path, a sixth of what V8's linear mode needs (test/bench/micro-regex.ts).
 */
import { RE2JS, RE2JSException } from "re2js";

/** Longer patterns are refused: nothing a route needs is near it. */
export const MAX_PATTERN_CHARS = 1_024;
/** Instructions after repeats are unrolled; bounds memory and the time per character. */
export const MAX_PROGRAM_SIZE = 2_048;

/** Why a pattern is refused; `position` counts characters from 0. */
export interface RegexProblem {
  readonly message: string;
  readonly position: number;
}

export interface CompiledRegex {
  /** Whether the whole of `value` matches. */
  testExact(value: string): boolean;
}

/** Admission check; null when the pattern is fine. */
export function checkRegex(pattern: string): RegexProblem | null {
  const result = read(pattern);
  return result instanceof RE2JS ? null : result;
}

/** Throws an Error naming problem and position. */
export function compileRegex(pattern: string): CompiledRegex {
  const result = read(pattern);
  if (result instanceof RE2JS) return result;
  throw new Error(`regular expression ${JSON.stringify(pattern.slice(0, 80))}: ${result.message} at position ${result.position}`);
}

function read(pattern: string): RE2JS | RegexProblem {
  if (pattern.length > MAX_PATTERN_CHARS) {
    return { message: `longer than ${MAX_PATTERN_CHARS} characters`, position: MAX_PATTERN_CHARS };
  }
  try {
    const compiled = RE2JS.compile(pattern);
    if (compiled.programSize() <= MAX_PROGRAM_SIZE) return compiled;
    return { message: `its repeats unroll to more than ${MAX_PROGRAM_SIZE} instructions`, position: 0 };
  } catch (error) {
    if (error instanceof RE2JSException) return problemOf(pattern, error);
    throw error;
  }
}

/** The library names the offending part, not where it stands. */
function problemOf(pattern: string, error: RE2JSException): RegexProblem {
  const { error: text, input } = error as RE2JSException & { error?: string; input?: string | null };
  const message = text ?? error.message;
  // The whole pattern as the offender: something is missing at its end.
  const position = input === pattern ? pattern.length : pattern.indexOf(input ?? "");
  return { message: input && input !== pattern ? `${message} '${input}'` : message, position: Math.max(0, position) };
}
