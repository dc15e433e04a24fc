import { messageOf, UserError } from "../lib/errors.ts";
import type { CheckFacts, CheckResult, Finding, HealthCheck } from "./contract.ts";

/** Runs `checks` in order and tells each result as it comes. A check that throws has failed with that message. */
export async function runChecks(
  checks: readonly HealthCheck[],
  facts: CheckFacts,
  onResult: (result: CheckResult) => void = () => {},
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  const notOk = new Map<string, string>();
  for (const check of checks) {
    const blocker = check.needs?.find((id) => notOk.has(id));
    const { id, section, description } = check;
    let result: CheckResult;
    if (blocker !== undefined) {
      result = { id, section, description, result: "skipped", reasons: [`not checked: depends on "${notOk.get(blocker)}"`] };
    } else {
      const finding = await find(check, facts);
      result = { id, section, description, result: finding.level, reasons: finding.reasons, next: finding.next };
    }
    if (result.result === "error" || result.result === "skipped") notOk.set(id, description);
    results.push(result);
    onResult(result);
  }
  return results;
}

/** Whether the whole is fine: warnings are. */
export function succeeded(results: readonly CheckResult[]): boolean {
  return results.every(({ result }) => result === "ok" || result === "warning");
}

async function find(check: HealthCheck, facts: CheckFacts): Promise<Finding> {
  try {
    return await check.run(facts);
  } catch (error) {
    const next = error instanceof UserError ? error.hint : undefined;
    return { level: "error", reasons: [messageOf(error)], next };
  }
}
