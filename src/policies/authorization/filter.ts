/** Access rules at run time: who may ask for what. Paths are compared as they are forwarded (docs/paths.md). */
import type { Random } from "../../lib/random.ts";
import { comparisonForm } from "../../match/comparison.ts";
import { matchesAny, RequestMatcher } from "../../match/request.ts";
import { AccessAction, type AccessRule, type AccessSource, Authorization } from "../../messages/gen/meshctl/policy/v1/authorization.ts";
import type { Filter, FilterFactory, Refusal, RequestView, Source } from "../contract.ts";
import { Pattern } from "./pattern.ts";

interface CompiledSource {
  readonly identity: Pattern;
  readonly namespace: Pattern;
  readonly serviceAccount: Pattern;
}

interface CompiledRule {
  readonly sources: readonly CompiledSource[];
  readonly matchers: readonly RequestMatcher[];
  readonly refusal: Refusal;
}

class AuthorizationFilter implements Filter {
  readonly id = "authorization";
  readonly origin: string;
  readonly #denies: readonly CompiledRule[];
  readonly #allows: readonly CompiledRule[];
  readonly #notAllowed: Refusal;

  constructor(origin: string, denies: readonly CompiledRule[], allows: readonly CompiledRule[]) {
    this.origin = origin;
    this.#denies = denies;
    this.#allows = allows;
    this.#notAllowed = refusalOf(`${origin} no rule allows`);
  }

  admit(request: RequestView, _random: Random, _nowMs: number): Refusal | null {
    const form = comparisonForm(request.path);
    const denied = firstThatFits(this.#denies, request, form);
    if (denied !== null) return denied.refusal;
    if (this.#allows.length === 0 || firstThatFits(this.#allows, request, form) !== null) return null;
    return this.#notAllowed;
  }
}

function firstThatFits(rules: readonly CompiledRule[], request: RequestView, form: string): CompiledRule | null {
  for (let index = 0; index < rules.length; index += 1) {
    const rule = rules[index] as CompiledRule;
    if (isFromAny(rule.sources, request.source) && matchesAny(rule.matchers, request, form)) return rule;
  }
  return null;
}

/** A caller without identity fits only a rule that names nobody: an empty namespace must not pass for a value. */
function isFromAny(sources: readonly CompiledSource[], caller: Source): boolean {
  if (sources.length === 0) return true;
  if (caller.identity === "") return false;
  for (let index = 0; index < sources.length; index += 1) {
    const { identity, namespace, serviceAccount } = sources[index] as CompiledSource;
    if (namespace.matches(caller.namespace) && serviceAccount.matches(caller.serviceAccount) && identity.matches(caller.identity))
      return true;
  }
  return false;
}

function refusalOf(policy: string): Refusal {
  return Object.freeze({ status: 403, reason: "access-denied", policy });
}

function compileRule(rule: AccessRule, index: number, origin: string): CompiledRule {
  if (rule.action !== AccessAction.ALLOW && rule.action !== AccessAction.DENY) throw new Error(`action ${rule.action} is not known`);
  return {
    sources: rule.sources.map(compileSource),
    matchers: rule.matches.map((match) => new RequestMatcher(match)),
    refusal: refusalOf(rule.name === "" ? `${origin} rule ${index}` : rule.name),
  };
}

function compileSource({ identity, namespace, serviceAccount }: AccessSource): CompiledSource {
  if (identity === "" && namespace === "" && serviceAccount === "") throw new Error("a source says nothing; '*' is any proven caller");
  return { identity: new Pattern(identity), namespace: new Pattern(namespace), serviceAccount: new Pattern(serviceAccount) };
}

export const authorizationFilter: FilterFactory = Object.freeze({
  id: "authorization",
  direction: "inbound",
  compile(config: Uint8Array, origin: string): Filter {
    const message = Authorization.decode(config);
    // Decoding drops what it does not know, and a condition of a newer controller must not get lost: the rule would allow more.
    if (Authorization.encode(message).finish().length !== config.length) throw new Error("it has fields this proxy does not know");
    if (message.rules.length === 0) throw new Error("it has no rules");
    const rules = message.rules.map((rule, index) => {
      try {
        return compileRule(rule, index, origin);
      } catch (error) {
        throw new Error(`rule ${index}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    });
    const having = (action: AccessAction): CompiledRule[] => rules.filter((_, index) => message.rules[index]?.action === action);
    return new AuthorizationFilter(origin, having(AccessAction.DENY), having(AccessAction.ALLOW));
  },
} as const satisfies FilterFactory);
