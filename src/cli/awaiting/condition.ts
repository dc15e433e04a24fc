import { EXIT, UserError } from "../../lib/errors.ts";
import type { Condition, KubeObject } from "../../model/object.ts";
import { textOf, valuesOf } from "../output/json-path/evaluate.ts";
import { parsePath, type Step } from "../output/json-path/parse.ts";

/** What `wait --for` waits for. */
export type Awaited =
  | { readonly kind: "delete" }
  | { readonly kind: "create" }
  | { readonly kind: "condition"; readonly type: string; readonly status: string }
  /** Without a value: that there is one. */
  | { readonly kind: "jsonpath"; readonly text: string; readonly path: readonly Step[]; readonly value: string | null };

/** `delete`, `create`, `condition=Accepted`, `condition=Conflicted=False`, `jsonpath={.status.phase}=Running`. Throws a UserError (exit code 2). */
export function parseAwaited(text: string): Awaited {
  if (text === "delete" || text === "create") return { kind: text };
  const [, type = "", status = "True"] = /^condition=([^=]+)(?:=(.+))?$/.exec(text) ?? [];
  if (type !== "") return { kind: "condition", type, status };
  const [, path = "", value = null] = /^jsonpath=(\{.*\}|[^={]+)(?:=(.*))?$/s.exec(text) ?? [];
  if (path !== "") return { kind: "jsonpath", text: path, path: parsePath(path), value };
  throw new UserError(`"${text}" is nothing to wait for`, {
    exitCode: EXIT.USAGE,
    hint: "Write condition=TYPE, condition=TYPE=STATUS, jsonpath={.path}=VALUE, create or delete.",
  });
}

/** Whether `object` is as awaited; null: it is not there. */
export function isMet(awaited: Awaited, object: KubeObject | null): boolean {
  if (awaited.kind === "delete") return object === null;
  if (object === null) return false;
  if (awaited.kind === "create") return true;
  if (awaited.kind === "jsonpath") {
    const found = valuesOf(awaited.path, object);
    return awaited.value === null ? found.length > 0 : found.map(textOf).join(" ") === awaited.value;
  }
  const condition = conditionOf(object, awaited.type);
  return condition !== null && !isOld(condition, object) && same(condition.status, awaited.status);
}

/** Why it is not met, for a person. */
export function standing(awaited: Awaited, object: KubeObject | null): string {
  if (object === null) return "it does not exist";
  if (awaited.kind === "jsonpath") {
    const found = valuesOf(awaited.path, object);
    return found.length === 0 ? `${awaited.text} has no value` : `${awaited.text} is ${found.map(textOf).join(" ")}`;
  }
  if (awaited.kind === "condition") {
    const condition = conditionOf(object, awaited.type);
    if (condition === null) return `it has no condition ${awaited.type}`;
    if (isOld(condition, object)) return `condition ${condition.type} is about an older generation`;
    return `condition ${condition.type} is ${condition.status} (${condition.reason}: ${condition.message})`;
  }
  const finalizers = object.metadata.finalizers ?? [];
  return finalizers.length > 0 ? `it is still there, held by ${finalizers.join(", ")}` : "it is still there";
}

/** A route has conditions for each parent: they count as one, which is true where all are. */
function conditionOf(object: KubeObject, type: string): Condition | null {
  const { conditions = [], parents = [] } = (object.status ?? {}) as { conditions?: Condition[]; parents?: { conditions?: Condition[] }[] };
  const all = [...conditions, ...parents.flatMap((parent) => parent.conditions ?? [])].filter((one) => same(one.type, type));
  return all.find(({ status }) => status !== "True") ?? all[0] ?? null;
}

function isOld({ observedGeneration }: Condition, object: KubeObject): boolean {
  return observedGeneration !== undefined && observedGeneration < (object.metadata.generation ?? 0);
}

function same(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
