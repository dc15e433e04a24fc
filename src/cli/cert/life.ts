import { formatAge } from "../../lib/age.ts";
import type { Style } from "../output/style.ts";

const HOUR_MS = 3_600_000;

/** `23h`, `expired 5m ago`; yellow in the last tenth of its life, red past it. Times are RFC 3339. */
export function formatLeft(notBefore: string, notAfter: string, nowMs: number, style: Style): string {
  const endMs = Date.parse(notAfter);
  const leftMs = endMs - nowMs;
  if (leftMs <= 0) return style.bad(`expired ${formatAge(-leftMs)} ago`);
  const text = formatAge(leftMs);
  return leftMs < Math.min(HOUR_MS, (endMs - Date.parse(notBefore)) / 10) ? style.warn(text) : text;
}

/** `name:   value` lines with the values in one column. */
export function factLines(facts: readonly (readonly [name: string, value: string])[]): string[] {
  return facts.map(([name, value]) => (name === "" ? `${" ".repeat(14)}${value}` : `${`${name}:`.padEnd(14)}${value}`));
}
