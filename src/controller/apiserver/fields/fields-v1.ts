import { isPlainObject } from "../merge-patch.ts";
import { type FieldSet, fieldSet, LEAF } from "./field-set.ts";
import { canonicalStep } from "./path-element.ts";

/** `{"f:metadata": {"f:labels": {".": {}, "f:app": {}}}}`: nested objects, `.` for the path itself where it has children too. */
export type FieldsV1 = { [step: string]: FieldsV1 };

/** Deeper than any object the API takes. */
const MAX_DEPTH = 120;

export function formatFieldsV1(set: FieldSet): FieldsV1 {
  const fields: [string, FieldsV1][] = [];
  if (set.member && set.children.size > 0) fields.push([".", {}]);
  for (const step of [...set.children.keys()].sort()) fields.push([step, formatFieldsV1(set.children.get(step) as FieldSet)]);
  return Object.fromEntries(fields);
}

/** The set, or null when `fields` is not FieldsV1. */
export function parseFieldsV1(fields: unknown): FieldSet | null {
  return isPlainObject(fields) ? parseNode(fields, false, 0) : null;
}

function parseNode(node: Record<string, unknown>, leafIsMember: boolean, depth: number): FieldSet | null {
  const entries = Object.entries(node);
  if (entries.length === 0 && leafIsMember) return LEAF;
  if (depth > MAX_DEPTH) return null;
  const children: [string, FieldSet][] = [];
  let member = false;
  for (const [text, below] of entries) {
    if (text === ".") {
      member = true;
      continue;
    }
    const step = canonicalStep(text);
    const child = isPlainObject(below) ? parseNode(below, true, depth + 1) : null;
    if (step === null || child === null) return null;
    children.push([step, child]);
  }
  return fieldSet(member, children);
}
