import { EXIT, UserError } from "../../lib/errors.ts";
import { parsePair, wholeNumber } from "../options/values.ts";
import type { Weight } from "./types.ts";

/** Upper limit of a BackendRef's weight in the Gateway API. */
export const MAX_WEIGHT = 1_000_000;
const FORM = "Write it like v1=90: a version and a whole number from 0 to 1000000.";

/** One `--weight`. */
export function parseWeight(text: string): Weight {
  const { name, value } = parsePair(text);
  const weight = wholeNumber(value);
  if (weight === null || weight > MAX_WEIGHT) throw new UserError(`"${value}" is not a weight`, { hint: FORM, exitCode: EXIT.USAGE });
  return { version: name, weight };
}

/** Refuses a version named twice and a split that sends nothing anywhere. */
export function requireSplit(weights: readonly Weight[]): void {
  const seen = new Set<string>();
  for (const { version } of weights) {
    if (seen.has(version)) throw new UserError(`--weight names ${version} twice`, { exitCode: EXIT.USAGE });
    seen.add(version);
  }
  if (weights.length === 0)
    throw new UserError("no weights given", { hint: "Add at least one --weight VERSION=NUMBER.", exitCode: EXIT.USAGE });
  if (sumOf(weights) === 0) {
    throw new UserError("the weights add up to zero: no request would go anywhere", {
      hint: "Give at least one version a weight above 0.",
      exitCode: EXIT.USAGE,
    });
  }
}

export function sumOf(weights: readonly { readonly weight: number }[]): number {
  return weights.reduce((sum, { weight }) => sum + weight, 0);
}

/** `v1 90 % (90 of 100), v2 10 % (10 of 100), v3 none`: what each known version gets. */
export function describeWeights(weights: readonly Weight[], versions: readonly string[]): string {
  const sum = sumOf(weights);
  const given = new Map(weights.map(({ version, weight }) => [version, weight]));
  const names = [...new Set([...versions, ...given.keys()])].sort();
  return names
    .map((name) => {
      const weight = given.get(name) ?? 0;
      return weight === 0 ? `${name} none` : `${name} ${formatPercent(weight, sum)} % (${weight} of ${sum})`;
    })
    .join(", ");
}

/** At most two decimals; a share that exists is never shown as 0, one that is not all never as 100. */
export function formatPercent(part: number, whole: number): string {
  const percent = (part / whole) * 100;
  if (percent > 0 && percent < 0.01) return "<0.01";
  if (percent < 100 && percent > 99.99) return ">99.99";
  return String(Number(percent.toFixed(2)));
}
