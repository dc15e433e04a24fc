import type { KindDescriptor } from "../../model/kind.ts";
import type { KubeObject } from "../../model/object.ts";
import { type StructuralSchema, structuralSchemaOf } from "../../model/structural-schema.ts";
import { parseLabelTerms } from "./label-selector.ts";
import { badRequest } from "./status.ts";

/** Whether an object is wanted. */
export type Selector = (object: KubeObject) => boolean;

const everything: Selector = () => true;

/** Both selectors of a list, watch or deletecollection. Throws 400 when one cannot be read. */
export function selectorOf(kind: KindDescriptor, query: URLSearchParams): Selector {
  const label = labelSelectorOf(query.get("labelSelector") ?? "");
  const field = fieldSelectorOf(kind, query.get("fieldSelector") ?? "");
  if (label === everything) return field;
  return field === everything ? label : (object) => label(object) && field(object);
}

function labelSelectorOf(text: string): Selector {
  const terms = parseLabelTerms(text);
  return terms.length === 0 ? everything : ({ metadata: { labels } }) => terms.every((term) => term(labels ?? {}));
}

/** A term: path, operator, value. A backslash keeps the next character of the value from ending it. */
const FIELD_TERM = /([\w.]+)(==|=|!=)((?:\\.|[^\\,=])*)(,|$)/y;

/** `metadata.name=x,status.phase!=y`: any field the kind has. An absent one equals the empty string. */
function fieldSelectorOf(kind: KindDescriptor, text: string): Selector {
  const terms: Selector[] = [];
  FIELD_TERM.lastIndex = 0;
  while (FIELD_TERM.lastIndex < text.length) {
    const rest = text.slice(FIELD_TERM.lastIndex);
    const match = FIELD_TERM.exec(text);
    if (match === null) throw badRequest(`invalid selector: "${rest}"; can't understand it`);
    const [, path = "", operator, escaped = ""] = match;
    const value = escaped.replace(/\\(.)/g, "$1");
    const steps = path.split(".");
    if (!hasField(kind, steps)) throw badRequest(`field label not supported: ${path}`);
    terms.push((object) => (fieldText(object, steps) === value) !== (operator === "!="));
  }
  return terms.length === 0 ? everything : (object) => terms.every((term) => term(object));
}

/** A misspelt field would select nothing without a word. */
function hasField(kind: KindDescriptor, steps: readonly string[]): boolean {
  if (steps[0] === "metadata") return steps.length === 2 && (steps[1] === "name" || steps[1] === "namespace");
  if (kind.selectableFields !== undefined) return kind.selectableFields.includes(steps.join("."));
  let schema: StructuralSchema | undefined = structuralSchemaOf(kind.schema);
  for (const step of steps) {
    if (schema?.["x-kubernetes-preserve-unknown-fields"]) return true;
    const properties: Record<string, StructuralSchema> = schema?.properties ?? {};
    schema = Object.hasOwn(properties, step) ? properties[step] : undefined;
  }
  return schema !== undefined;
}

function fieldText(object: KubeObject, steps: readonly string[]): string {
  let value: unknown = object;
  for (const step of steps) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return "";
    value = (value as Record<string, unknown>)[step];
  }
  return typeof value === "object" ? "" : String(value);
}
