import { Optional, type Environment } from "@marcbachmann/cel-js";
import { messageOf } from "../../../../lib/errors.ts";
import { LINEAR_MATCHES, ruleEnvironment } from "./environment.ts";

/** A rule ready to run. */
export interface CompiledRule {
  /** Mentions `oldSelf`: it is about a change. */
  readonly isTransition: boolean;
  /** How deep its loops over lists and maps stand in each other: 0 without any. */
  readonly loopDepth: number;
  /** Throws what the evaluation throws. */
  run(self: unknown, oldSelf?: unknown): unknown;
}

export interface RuleProblem {
  readonly problem: string;
  /** Named functions that API servers have and this one has not: the rule is right, and cannot be evaluated here. */
  readonly unsupported: boolean;
}

/** Longest expression that is read. */
const MAX_RULE_CHARS = 32_768;
/** Rules compiled, by their text: definitions repeat them. */
const MAX_KEPT = 2_000;

let environment: Environment | undefined;
const known = new Map<string, CompiledRule | RuleProblem>();

export function compileRule(expression: string): CompiledRule | RuleProblem {
  let result = known.get(expression);
  if (result !== undefined) return result;
  result = compile(expression);
  if (known.size >= MAX_KEPT) known.clear();
  known.set(expression, result);
  return result;
}

export function isProblem(compiled: CompiledRule | RuleProblem): compiled is RuleProblem {
  return "problem" in compiled;
}

/** Of `optionalOldSelf` rules: what stands in `oldSelf`. */
export function optionalOf(value: unknown): unknown {
  return Optional.of(value as never);
}

/** Functions of API servers' libraries that {@link ruleEnvironment} has not. */
const ELSEWHERE =
  /\b(ip|cidr|url|ip\.isCanonical|containsIP|containsCIDR|getScheme|getHost|getHostname|getPort|getQuery|getEscapedPath|asInteger|asApproximateFloat|isInteger|sign|add|sub|format|named|transformList|transformMap|transformMapEntry|existsOne|flatten|slice|distinct|sort|reverse|semver|isSemver|authorizer|isGreaterThan|isLessThan|quote)\b\s*\(|\bformat\.\w|\bauthorizer\b/;

function compile(expression: string): CompiledRule | RuleProblem {
  if (expression.length > MAX_RULE_CHARS) return { problem: `longer than ${MAX_RULE_CHARS} characters`, unsupported: false };
  const text = linear(expression);
  try {
    environment ??= ruleEnvironment();
    const parsed = environment.parse(text);
    const checked = parsed.check();
    if (!checked.valid) return problemOf(expression, messageOf(checked.error));
    const words = text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
    return {
      isTransition: /\boldSelf\b/.test(words),
      loopDepth: loopDepth(parsed.ast),
      run: (self, oldSelf) => parsed({ self, oldSelf } as never) as unknown,
    };
  } catch (error) {
    return problemOf(expression, messageOf(error));
  }
}

function problemOf(expression: string, message: string): RuleProblem {
  const [problem = message] = message.split("\n");
  const notFound = /no matching overload|Unknown variable/.test(problem);
  return { problem: problem.replaceAll(LINEAR_MATCHES, "matches"), unsupported: notFound && ELSEWHERE.test(expression) };
}

/** Calls of `matches` go to the method that runs in linear time; strings stay as they are. */
function linear(expression: string): string {
  return expression.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\.matches(\s*\()/g, (found, opening: string | undefined) =>
    opening === undefined ? found : `.${LINEAR_MATCHES}${opening}`,
  );
}

const LOOPS = new Set(["all", "exists", "exists_one", "map", "filter"]);

function loopDepth(node: unknown): number {
  if (Array.isArray(node)) return node.reduce((deepest: number, child) => Math.max(deepest, loopDepth(child)), 0);
  if (typeof node !== "object" || node === null) return 0;
  const { op, args } = node as { readonly op?: string; readonly args?: unknown };
  const below = loopDepth(args);
  return op === "rcall" && Array.isArray(args) && LOOPS.has(String(args[0])) ? below + 1 : below;
}
