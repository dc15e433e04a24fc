import { parseDurationMs } from "../../lib/duration.ts";
import type { Violation } from "../../lib/errors.ts";
import type { KubeObject } from "../../model/object.ts";
import { matchViolations } from "../kit/match-schema.ts";
import { attachmentViolations } from "../kit/target-schema.ts";
import type { FaultInjection, FaultInjectionSpec } from "./schema.ts";

const MAX_DELAY_MS = 3_600_000;
const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** Rules of a FaultInjection that its schema cannot say. */
export function validateFaultInjection(object: KubeObject): readonly Violation[] {
  const spec = (object as FaultInjection).spec as FaultInjectionSpec;
  const found: Violation[] = [...attachmentViolations(object)];
  for (const [index, rule] of spec.rules.entries()) found.push(...ruleViolations(rule, `spec.rules[${index}]`));
  if (spec.expiresAt !== undefined && (!RFC3339.test(spec.expiresAt) || Number.isNaN(Date.parse(spec.expiresAt)))) {
    found.push({ path: "spec.expiresAt", message: "must be an RFC 3339 instant", hint: '"2030-01-31T12:00:00Z"' });
  }
  return found;
}

function ruleViolations({ matches, delay, abort }: FaultInjectionSpec["rules"][number], at: string): readonly Violation[] {
  const found: Violation[] = [];
  if (delay === undefined && abort === undefined) found.push({ path: at, message: "must have delay, abort, or both" });
  if (delay !== undefined) {
    const delayMs = parseDurationMs(delay.fixed) ?? 0;
    if (delayMs <= 0 || delayMs > MAX_DELAY_MS) found.push({ path: `${at}.delay.fixed`, message: "must be more than 0 and at most 1h" });
  }
  if (abort !== undefined && (abort.httpStatus === undefined) === (abort.reset === undefined)) {
    found.push({ path: `${at}.abort`, message: "must have httpStatus or reset, and not both" });
  }
  for (const [index, match] of (matches ?? []).entries()) found.push(...matchViolations(match, `${at}.matches[${index}]`));
  return found;
}
