import { type Condition, type KubeObject, keyOf } from "../model/object.ts";

/** Every condition of an object: its own, and those a Gateway API route has for each parent. */
export function conditionsOf(object: KubeObject): readonly Condition[] {
  const status = object.status as { conditions?: Condition[]; parents?: { conditions?: Condition[] }[] } | undefined;
  return [...(status?.conditions ?? []), ...(status?.parents ?? []).flatMap(({ conditions }) => conditions ?? [])];
}

/** `HTTPRoute default/api-split: backend api-v3 does not exist` for each condition of `type` with that status. */
export function describeConditions(objects: readonly KubeObject[], type: string, status: Condition["status"]): string[] {
  return objects.flatMap((object) =>
    conditionsOf(object)
      .filter((condition) => condition.type === type && condition.status === status)
      .map((condition) => `${object.kind} ${keyOf(object)}: ${condition.message || condition.reason}`),
  );
}
