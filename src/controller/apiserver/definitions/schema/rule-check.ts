import type { StructuralSchema } from "../../../../model/structural-schema.ts";
import { compileRule, isProblem } from "../cel/compile.ts";
import { type FieldError, fieldError, forbiddenValue, shown } from "./field-error.ts";

interface PlacedRule {
  readonly rule: string;
  readonly path: string;
  /** Of a list whose elements have no identity. */
  readonly noIdentity: boolean;
}

/** Rules that do not compile. Those that only need functions this server has not are named by {@link unevaluatedRules}. */
export function ruleErrors(schema: StructuralSchema, path: string): FieldError[] {
  return rulesOf(schema, path, false).flatMap(({ rule, path: where, noIdentity }) => {
    const compiled = compileRule(rule);
    if (isProblem(compiled)) {
      return compiled.unsupported
        ? []
        : [fieldError(where, "FieldValueInvalid", `Invalid value: ${shown(rule)}: compilation failed: ERROR: ${compiled.problem}`)];
    }
    if (compiled.isTransition && noIdentity) {
      return [forbiddenValue(where, "oldSelf cannot be used on the uncorrelatable portion of the schema")];
    }
    return [];
  });
}

/** Rules that are accepted and not evaluated, with the reason: their writer is warned. */
export function unevaluatedRules(schema: StructuralSchema, path: string): FieldError[] {
  return rulesOf(schema, path, false).flatMap(({ rule, path: where }) => {
    const compiled = compileRule(rule);
    if (!isProblem(compiled) || !compiled.unsupported) return [];
    return [fieldError(where, "FieldValueInvalid", `this rule is not evaluated here: ${compiled.problem}`)];
  });
}

function rulesOf(schema: StructuralSchema, path: string, noIdentity: boolean): PlacedRule[] {
  const here = (schema["x-kubernetes-validations"] ?? []).map(({ rule }, index) => ({
    rule,
    path: `${path}.x-kubernetes-validations[${index}].rule`,
    noIdentity,
  }));
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    rulesOf(child, `${path}.properties[${name}]`, noIdentity),
  );
  const inItems =
    schema.items === undefined ? [] : rulesOf(schema.items, `${path}.items`, noIdentity || schema["x-kubernetes-list-type"] !== "map");
  const inMore =
    typeof schema.additionalProperties === "object" ? rulesOf(schema.additionalProperties, `${path}.additionalProperties`, noIdentity) : [];
  return [...here, ...below, ...inItems, ...inMore];
}
