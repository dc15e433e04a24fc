import { EXIT, UserError } from "../../lib/errors.ts";
import type { HTTPRoute } from "../../policies/route/http-route.ts";
import type { Prompt } from "../prompt/contract.ts";
import type { Backend, Weight } from "./types.ts";
import { MAX_WEIGHT, requireSplit } from "./weights.ts";

type VersionToAsk = Pick<Backend, "version" | "service">;

/** The versions a person may want to send requests to: with Services of their own, and those named by `--backend`. */
export function versionsToAsk(known: readonly Backend[], named: readonly VersionToAsk[]): VersionToAsk[] {
  const services = new Map([...known, ...named].map(({ version, service }) => [version, service]));
  return [...services].map(([version, service]) => ({ version, service })).sort((left, right) => (left.version < right.version ? -1 : 1));
}

/**
 * Asks a weight for each version, with what the split says now as the answer that Enter gives. Null when the
 * person gave up. Throws UserErrors as for weights given as options.
 */
export async function askWeights(
  prompt: Prompt,
  service: string,
  versions: readonly VersionToAsk[],
  existing: HTTPRoute | null,
): Promise<Weight[] | null> {
  if (versions.length === 0) {
    throw new UserError(`service ${service} has no versions to split between`, {
      hint: "No workload has been run with --version for it; or name Services with --backend and --weight.",
      exitCode: EXIT.USAGE,
    });
  }
  const weights: Weight[] = [];
  for (const { version, service: backend } of versions) {
    const preset = existing === null ? undefined : weightOf(existing, backend);
    const limits = { max: MAX_WEIGHT, ...(preset === undefined ? {} : { preset }) };
    const weight = await prompt.wholeNumber(`Weight of ${service} ${version}`, limits);
    if (weight === null) return null;
    weights.push({ version, weight });
  }
  requireSplit(weights);
  return weights;
}

/** What the split gives a Service now. One that it does not name gets nothing. */
function weightOf(route: HTTPRoute, service: string): number {
  const backend = route.spec?.rules?.[0]?.backendRefs?.find(({ name }) => name === service);
  // The Gateway API's default for a backend without a weight.
  return backend === undefined ? 0 : (backend.weight ?? 1);
}
