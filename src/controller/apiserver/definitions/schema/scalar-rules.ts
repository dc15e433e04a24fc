import { isDeepStrictEqual } from "node:util";
import type { StructuralSchema } from "../../../../model/structural-schema.ts";
import { hasFormat } from "./formats.ts";
import { type FieldError, fieldError, invalidValue, unsupportedValue } from "./field-error.ts";
import { compiledPattern } from "./patterns.ts";
import type { FieldPath } from "./shape.ts";

/** What the schema asks of a string. Lengths count code points; the upper bound is said in bytes, as API servers say it. */
export function stringErrors(schema: StructuralSchema, path: FieldPath, where: string, text: string): FieldError[] {
  const found: FieldError[] = [];
  const { minLength, maxLength, pattern, format } = schema;
  const length = minLength === undefined && maxLength === undefined ? 0 : [...text].length;
  if (maxLength !== undefined && length > maxLength) {
    found.push(fieldError(path, "FieldValueTooLong", `Too long: may not be more than ${maxLength} bytes`));
  }
  if (minLength !== undefined && length < minLength) {
    found.push(invalidValue(path, text, `${where} in body should be at least ${minLength} chars long`));
  }
  if (pattern !== undefined && compiledPattern(pattern)?.(text) === false) {
    found.push(invalidValue(path, text, `${where} in body should match '${pattern}'`));
  }
  if (format !== undefined && !hasFormat(format, text)) {
    found.push(invalidValue(path, text, `${where} in body must be of type ${format}: ${JSON.stringify(text)}`));
  }
  return found;
}

export function numberErrors(schema: StructuralSchema, path: FieldPath, where: string, value: number): FieldError[] {
  const found: FieldError[] = [];
  const refuse = (detail: string): void => void found.push(invalidValue(path, value, `${where} in body should be ${detail}`));
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    refuse(exclusiveMaximum ? `less than ${maximum}` : `less than or equal to ${maximum}`);
  }
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    refuse(exclusiveMinimum ? `greater than ${minimum}` : `greater than or equal to ${minimum}`);
  }
  if (multipleOf !== undefined && multipleOf > 0 && !isMultiple(value, multipleOf)) refuse(`a multiple of ${multipleOf}`);
  return found;
}

export function enumErrors(schema: StructuralSchema, path: FieldPath, value: unknown): FieldError[] {
  if (schema.enum === undefined || schema.enum.some((allowed) => isDeepStrictEqual(allowed, value))) return [];
  return [unsupportedValue(path, value, schema.enum)];
}

/** 0.3 is a multiple of 0.1, whatever binary fractions say. */
function isMultiple(value: number, of: number): boolean {
  const quotient = value / of;
  return Math.abs(quotient - Math.round(quotient)) < 1e-9 * Math.max(1, Math.abs(quotient));
}
