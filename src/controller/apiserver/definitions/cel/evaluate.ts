import { messageOf } from "../../../../lib/errors.ts";
import type { StructuralSchema, ValidationRule } from "../../../../model/structural-schema.ts";
import { isPlainObject } from "../../merge-patch.ts";
import { type CauseReason, type FieldError, fieldError } from "../schema/field-error.ts";
import { formatFieldPath } from "../../../../model/violations.ts";
import { childrenOf, type FieldPath, type Place } from "../schema/shape.ts";
import { type CompiledRule, compileRule, isProblem, optionalOf } from "./compile.ts";
import { celValueOf } from "./values.ts";

/** A place, and what stood there before the change; undefined where nothing that can be compared did. */
interface ChangedPlace {
  readonly place: Place;
  readonly old: unknown;
}

/** Steps one rule's loops may come to, by the values they could walk over. Whoever writes a larger object hears so. */
const MAX_STEPS = 5_000_000;
const REASONS: Readonly<Record<string, CauseReason>> = {
  FieldValueInvalid: "FieldValueInvalid",
  FieldValueForbidden: "FieldValueForbidden",
  FieldValueRequired: "FieldValueRequired",
  FieldValueDuplicate: "FieldValueDuplicate",
};

/** Whether any place in a schema has rules: most have none, and cost nothing. */
export function hasRules(schema: StructuralSchema): boolean {
  if ((schema["x-kubernetes-validations"]?.length ?? 0) > 0) return true;
  const children = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties];
  return children.some((child) => typeof child === "object" && hasRules(child));
}

/** Rules about what is, at every place. Rules about changes count only where {@link transitionErrors} says. */
export function stateErrors(place: Place): FieldError[] {
  return [
    ...rulesAt(place).flatMap(({ rule, compiled }) =>
      compiled.isTransition ? [] : judge(place, rule, compiled, [celValueOf(place.value, place.schema)]),
    ),
    ...childrenOf(place).flatMap(stateErrors),
  ];
}

/** Rules that name `oldSelf`, at every place that was there before. */
export function transitionErrors({ place, old }: ChangedPlace): FieldError[] {
  const { schema, value } = place;
  const here = rulesAt(place).flatMap(({ rule, compiled }) => {
    if (!compiled.isTransition || (old === undefined && rule.optionalOldSelf !== true)) return [];
    const before = old === undefined ? undefined : celValueOf(old, schema);
    return judge(place, rule, compiled, [celValueOf(value, schema), rule.optionalOldSelf === true ? optionalOf(before) : before]);
  });
  return [...here, ...childrenOf(place).flatMap((child) => transitionErrors({ place: child, old: counterpart(place, old, child) }))];
}

function rulesAt({ schema }: Place): { readonly rule: ValidationRule; readonly compiled: CompiledRule }[] {
  return (schema["x-kubernetes-validations"] ?? []).flatMap((rule) => {
    const compiled = compileRule(rule.rule);
    return isProblem(compiled) ? [] : [{ rule, compiled }];
  });
}

function judge(place: Place, rule: ValidationRule, compiled: CompiledRule, values: readonly [unknown, unknown?]): FieldError[] {
  const path = rule.fieldPath === undefined ? place.path : `${formatFieldPath(place.path)}${rule.fieldPath}`;
  const refuse = (reason: CauseReason, message: string): FieldError[] => [
    fieldError(path, reason, `Invalid value: ${JSON.stringify(place.schema.type ?? "object")}: ${message}`),
  ];
  if (compiled.loopDepth > 1 && sizeOf(place.value) ** compiled.loopDepth > MAX_STEPS) {
    return refuse("FieldValueInvalid", "validation failed due to running out of cost budget, no further validation rules will be run");
  }
  try {
    if (compiled.run(...values) === true) return [];
  } catch (error) {
    const [what] = messageOf(error).split("\n");
    return refuse("FieldValueInvalid", `rule evaluation error: ${what} evaluating rule: ${rule.message ?? rule.rule}`);
  }
  const reason = REASONS[rule.reason ?? ""] ?? "FieldValueInvalid";
  const message = messageOfRule(rule, values);
  if (reason === "FieldValueForbidden") return [fieldError(path, reason, `Forbidden: ${message}`)];
  if (reason === "FieldValueRequired") return [fieldError(path, reason, `Required value: ${message}`)];
  return refuse(reason, message);
}

function messageOfRule({ rule, message, messageExpression }: ValidationRule, [self, oldSelf]: readonly [unknown, unknown?]): string {
  if (messageExpression !== undefined) {
    const compiled = compileRule(messageExpression);
    try {
      const text = isProblem(compiled) ? null : compiled.run(self, oldSelf);
      if (typeof text === "string" && text.trim() !== "" && !text.includes("\n")) return text;
    } catch {
      // Then the fixed message counts.
    }
  }
  return message ?? `failed rule: ${rule.trim()}`;
}

/** Values inside `value`, itself among them: what one loop over it can come to. */
function sizeOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum: number, child) => sum + sizeOf(child), 1);
}

/** What stood at `child` before: fields by name, elements of map lists by their keys. Elements of other lists have no identity. */
function counterpart(parent: Place, old: unknown, child: Place): unknown {
  const step = (child.path as FieldPath).at(-1) as string | number;
  if (typeof step === "string") return isPlainObject(old) && Object.hasOwn(old, step) ? old[step] : undefined;
  const keys = parent.schema["x-kubernetes-list-type"] === "map" ? parent.schema["x-kubernetes-list-map-keys"] : undefined;
  if (keys === undefined || !Array.isArray(old)) return undefined;
  const element = child.value as Record<string, unknown>;
  return (old as unknown[]).find((entry) => isPlainObject(entry) && keys.every((key) => entry[key] === element[key]));
}
