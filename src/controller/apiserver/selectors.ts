import type { KindDescriptor } from "../../model/kind.ts";
import type { KubeObject } from "../../model/object.ts";
import { type StructuralSchema, structuralSchemaOf } from "../../model/structural-schema.ts";
import { badRequest } from "./status.ts";

/** Whether an object is wanted. */
export type Selector = (object: KubeObject) => boolean;

const everything: Selector = () => true;

/** Both selectors of a list, watch or deletecollection. Throws 400 when one cannot be read. */
export function selectorOf(kind: KindDescriptor, query: URLSearchParams): Selector {
  const label = parseLabelSelector(query.get("labelSelector") ?? "");
  const field = parseFieldSelector(kind, query.get("fieldSelector") ?? "");
  if (label === everything) return field;
  return field === everything ? label : (object) => label(object) && field(object);
}

const SET_TERM = /^([^\s!=,()]+)\s+(in|notin)\s+\(([^()]*)\)$/;
const EQUALITY_TERM = /^([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)$/;
const EXISTS_TERM = /^(!?)\s*([^\s!=,()]+)$/;

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k` (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/). */
export function parseLabelSelector(text: string): Selector {
  const terms = splitTerms(text).map(parseLabelTerm);
  return terms.length === 0 ? everything : (object) => terms.every((term) => term(object.metadata.labels ?? {}));
}

/** At commas outside parentheses. */
function splitTerms(text: string): readonly string[] {
  if (text.trim() === "") return [];
  return text.split(/,(?![^(]*\))/).map((term) => term.trim());
}

function parseLabelTerm(term: string): (labels: Readonly<Record<string, string>>) => boolean {
  const set = SET_TERM.exec(term);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = new Set(list.split(",").map((value) => value.trim()));
    // As in Kubernetes, an absent label is not in any set.
    return operator === "in"
      ? (labels) => Object.hasOwn(labels, key) && values.has(labels[key] as string)
      : (labels) => !Object.hasOwn(labels, key) || !values.has(labels[key] as string);
  }
  const equality = EQUALITY_TERM.exec(term);
  if (equality !== null) {
    const [, key = "", operator, value = ""] = equality;
    const equals = (labels: Readonly<Record<string, string>>): boolean => Object.hasOwn(labels, key) && labels[key] === value;
    return operator === "!=" ? (labels) => !equals(labels) : equals;
  }
  const exists = EXISTS_TERM.exec(term);
  if (exists === null) throw badRequest(`unable to parse the label selector term "${term}"`);
  const [, negated, key = ""] = exists;
  return negated ? (labels) => !Object.hasOwn(labels, key) : (labels) => Object.hasOwn(labels, key);
}

/** `metadata.name=x,status.phase!=y`: any field the kind has. An absent one equals the empty string. */
export function parseFieldSelector(kind: KindDescriptor, text: string): Selector {
  const terms = splitTerms(text).map((term): Selector => {
    const match = /^([\w.]+)(==|=|!=)(.*)$/.exec(term);
    if (match === null) throw badRequest(`unable to parse the field selector term "${term}"`);
    const [, path = "", operator, value = ""] = match;
    const steps = path.split(".");
    if (!hasField(kind, steps)) throw badRequest(`field label not supported: ${path}`);
    return (object) => (fieldText(object, steps) === value) !== (operator === "!=");
  });
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
