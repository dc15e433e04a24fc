import { parseDurationMs } from "../../lib/duration.ts";
import { Fault, type FaultRule } from "../../messages/gen/meshctl/policy/v1/fault.ts";
import type { KubeObject } from "../../model/object.ts";
import { translateMatch } from "../kit/matches.ts";
import type { FaultInjection, FaultInjectionSpec } from "./schema.ts";

/** A FaultInjection as the `fault` filter reads it. */
export function translateFault(object: KubeObject): Uint8Array {
  const spec = (object as FaultInjection).spec;
  const namespace = object.metadata.namespace ?? "default";
  return Fault.encode({
    rules: (spec?.rules ?? []).map((rule) => translateRule(rule, namespace)),
    expiresAtUnixMs: spec?.expiresAt === undefined ? 0 : Date.parse(spec.expiresAt),
  }).finish();
}

function translateRule(rule: FaultInjectionSpec["rules"][number], namespace: string): FaultRule {
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
