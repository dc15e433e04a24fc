import { Environment } from "@marcbachmann/cel-js";
import type { KubeObject } from "../../../model/object.ts";
import type { Webhook } from "./configuration.ts";

let environment: Environment | undefined;

/**
 * Whether every `matchConditions` expression holds; a false one anywhere decides. Throws what an expression throws when
 * none is false: then failurePolicy decides.
 */
export function conditionsHold(
  { matchConditions = [] }: Webhook,
  values: { readonly request: object; readonly object: KubeObject | null; readonly oldObject: KubeObject | null },
): boolean {
  if (matchConditions.length === 0) return true;
  environment ??= new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
    .registerVariable("request", "dyn")
    .registerVariable("object", "dyn")
    .registerVariable("oldObject", "dyn");
  let failure: unknown = null;
  for (const { expression } of matchConditions) {
    try {
      if (environment.evaluate(expression, values as never) === false) return false;
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== null) throw failure;
  return true;
}
