/** FaultInjection at run time: holds a share of requests for a while, answers a share instead of the service. */
import type { Random } from "../../lib/random.ts";
import { comparisonForm } from "../../match/comparison.ts";
import { matchesAny, RequestMatcher } from "../../match/request.ts";
import { Fault, type FaultRule } from "../../messages/gen/meshctl/policy/v1/fault.ts";
import type { Filter, FilterFactory, Refusal, RequestView, Source } from "../contract.ts";

/** Shares are in hundredths of a percent. */
const ALL_BASIS_POINTS = 10_000;

interface CompiledRule {
  readonly matchers: readonly RequestMatcher[];
  /** `namespace/service-account`; empty: everyone. */
  readonly sources: ReadonlySet<string>;
  readonly delayMs: number;
  readonly delayBasisPoints: number;
  readonly abortBasisPoints: number;
  readonly refusal: Refusal;
}

/** A delay and an abort of one rule are drawn separately, the abort after the delay. The first rule that matches acts. */
class FaultFilter implements Filter {
  readonly id = "fault";
  readonly origin: string;
  readonly #expiresAtUnixMs: number;
  readonly #rules: readonly CompiledRule[];

  constructor(origin: string, expiresAtUnixMs: number, rules: readonly CompiledRule[]) {
    this.origin = origin;
    this.#expiresAtUnixMs = expiresAtUnixMs;
    this.#rules = rules;
  }

  delayMs(request: RequestView, random: Random, nowMs: number): number {
    const rule = this.#ruleFor(request, nowMs);
    return rule !== null && falls(rule.delayBasisPoints, random) ? rule.delayMs : 0;
  }

  admit(request: RequestView, random: Random, nowMs: number): Refusal | null {
    const rule = this.#ruleFor(request, nowMs);
    return rule !== null && falls(rule.abortBasisPoints, random) ? rule.refusal : null;
  }

  /** `nowMs` is wall-clock time: an expiry ends the fault here, whatever happens to the controller. */
  #ruleFor(request: RequestView, nowMs: number): CompiledRule | null {
    if (this.#expiresAtUnixMs !== 0 && nowMs >= this.#expiresAtUnixMs) return null;
    const form = comparisonForm(request.path);
    for (let index = 0; index < this.#rules.length; index += 1) {
      const rule = this.#rules[index] as CompiledRule;
      if (rule.sources.size > 0 && !isFrom(rule.sources, request.source)) continue;
      if (matchesAny(rule.matchers, request, form)) return rule;
    }
    return null;
  }
}

/** Draws only when both outcomes are possible, so that a table of random numbers reads easily. */
function falls(basisPoints: number, random: Random): boolean {
  if (basisPoints === 0) return false;
  return basisPoints >= ALL_BASIS_POINTS || random() * ALL_BASIS_POINTS < basisPoints;
}

function isFrom(sources: ReadonlySet<string>, source: Source): boolean {
  return sources.has(`${source.namespace}/${source.serviceAccount}`);
}

function compileRule(rule: FaultRule, index: number, origin: string): CompiledRule {
  const delayBasisPoints = rule.delay?.basisPoints ?? 0;
  const abortBasisPoints = rule.abort?.basisPoints ?? 0;
  const status = rule.abort?.httpStatus ?? 0;
  if (delayBasisPoints > ALL_BASIS_POINTS || abortBasisPoints > ALL_BASIS_POINTS) throw new Error("a share is over 10000 basis points");
  if (status !== 0 && (status < 200 || status > 599)) throw new Error(`abort status ${status} is not in 200-599`);
  return {
    matchers: rule.matches.map((match) => new RequestMatcher(match)),
    sources: new Set(rule.sources),
    delayMs: rule.delay?.fixedMs ?? 0,
    delayBasisPoints,
    abortBasisPoints,
    refusal: Object.freeze({
      status,
      reason: status === 0 ? "fault-reset" : "fault-abort",
      policy: `${origin} rule ${index}`,
    }),
  };
}

export const faultFilter: FilterFactory = Object.freeze({
  id: "fault",
  direction: "both",
  compile(config: Uint8Array, origin: string): Filter {
    const fault = Fault.decode(config);
    const rules = fault.rules.map((rule, index) => {
      try {
        return compileRule(rule, index, origin);
      } catch (error) {
        throw new Error(`rule ${index}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    });
    return new FaultFilter(origin, fault.expiresAtUnixMs, rules);
  },
} as const satisfies FilterFactory);
