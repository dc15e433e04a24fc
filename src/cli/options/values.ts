import { parseDurationMs } from "../../lib/duration.ts";
import { EXIT, UserError } from "../../lib/errors.ts";

/** Parsers of option values. Each throws a UserError with exit code 2 that shows what was given. */

function usage(message: string, hint?: string): UserError {
  return new UserError(message, { exitCode: EXIT.USAGE, hint });
}

/** `200ms`, `10m`, `1h30m` → milliseconds, greater than zero. */
export function parseDuration(text: string): number {
  const durationMs = parseDurationMs(text);
  if (durationMs === null) throw usage(`"${text}" is not a duration`, "Write it like 200ms, 30s, 10m or 1h30m.");
  if (durationMs === 0) throw usage("the duration must be longer than zero");
  return durationMs;
}

/** How long to wait, in milliseconds: `30s`, `0` for not at all; null, without end, for a negative one. */
export function parseTimeout(text: string): number | null {
  if (text === "0") return 0;
  if (/^-\d/.test(text)) return null;
  return parseDuration(text);
}

/** A parser of durations up to `maxMs`, which is `words` for people. */
export function parseDurationUpTo(maxMs: number, words: string): (text: string) => number {
  return (text) => {
    const durationMs = parseDuration(text);
    if (durationMs > maxMs) throw usage(`"${text}" is more than ${words}`);
    return durationMs;
  };
}

/** 1–65535. */
export function parsePort(text: string): number {
  const port = wholeNumber(text);
  if (port === null || port < 1 || port > 65535) throw usage(`"${text}" is not a port (1 to 65535)`);
  return port;
}

/** A whole number ≥ 1. */
export function parseCount(text: string): number {
  const count = wholeNumber(text);
  if (count === null || count < 1) throw usage(`"${text}" is not a whole number of at least 1`);
  return count;
}

/** Digits only: no sign, exponent, fraction or blank. Null for anything else, and for what a double cannot hold exactly. */
export function wholeNumber(text: string): number | null {
  if (!/^[0-9]+$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

/** `name=value` with both sides present. */
export function parsePair(text: string): { readonly name: string; readonly value: string } {
  const at = text.indexOf("=");
  if (at <= 0 || at === text.length - 1) throw usage(`"${text}" is not of the form NAME=VALUE`);
  return { name: text.slice(0, at), value: text.slice(at + 1) };
}

/** `Name: value` or `name=value` → lower-case name and value, for header matches. */
export function parseHeaderMatch(text: string): { readonly name: string; readonly value: string } {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*[:=]\s*(.+)$/.exec(text);
  if (!match?.[1] || !match[2]) throw usage(`"${text}" is not of the form NAME:VALUE`);
  return { name: match[1].toLowerCase(), value: match[2].trim() };
}
