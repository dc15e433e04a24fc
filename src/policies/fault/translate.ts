import { parseDurationMs } from "../../lib/duration.ts";
import { Fault, type FaultRule } from "../../messages/gen/meshctl/policy/v1/fault.ts";
import type { KubeObject } from "../../model/object.ts";
import { type HTTPRouteMatch, translateMatch } from "../kit/matches.ts";

/** The parts of a FaultInjection that translation reads (schema.ts has checked them). */
interface FaultInjectionSpec {
  readonly rules?: readonly FaultInjectionRule[];
  /** RFC 3339. */
  readonly expiresAt?: string;
}

interface FaultInjectionRule {
  readonly matches?: readonly HTTPRouteMatch[];
  readonly from?: readonly { readonly namespace?: string; readonly serviceAccount: string }[];
  readonly delay?: { readonly fixed: string; readonly percent?: number };
  readonly abort?: { readonly httpStatus?: number; readonly reset?: boolean; readonly percent?: number };
}

/** A FaultInjection as the `fault` filter reads it. */
export function translateFault(object: KubeObject): Uint8Array {
  const spec = (object.spec ?? {}) as FaultInjectionSpec;
  const namespace = object.metadata.namespace ?? "default";
  return Fault.encode({
    rules: (spec.rules ?? []).map((rule) => translateRule(rule, namespace)),
    expiresAtUnixMs: spec.expiresAt === undefined ? 0 : Date.parse(spec.expiresAt),
  }).finish();
}

function translateRule(rule: FaultInjectionRule, namespace: string): FaultRule {
  const { delay, abort } = rule;
  return {
    matches: (rule.matches ?? []).map(translateMatch),
    sources: (rule.from ?? []).map((source) => `${source.namespace ?? namespace}/${source.serviceAccount}`),
    delay: delay === undefined ? undefined : { fixedMs: parseDurationMs(delay.fixed) ?? 0, basisPoints: basisPoints(delay.percent) },
    abort:
      abort === undefined
        ? undefined
        : { httpStatus: abort.reset === true ? 0 : (abort.httpStatus ?? 503), basisPoints: basisPoints(abort.percent) },
  };
}

/** Percent with at most two decimals as hundredths of a percent; absent means every request. */
function basisPoints(percent: number | undefined): number {
  return percent === undefined ? 10_000 : Math.round(percent * 100);
}
