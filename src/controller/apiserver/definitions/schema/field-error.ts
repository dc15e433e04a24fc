import type { Violation } from "../../../../lib/errors.ts";
import { formatFieldPath } from "../../../../model/violations.ts";
import type { FieldPath } from "./shape.ts";

/** `metav1.CauseType`: what a cause of a 422 is about, for machines. */
export type CauseReason =
  | "FieldValueInvalid"
  | "FieldValueTypeInvalid"
  | "FieldValueRequired"
  | "FieldValueNotSupported"
  | "FieldValueDuplicate"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueForbidden";

/** A violation in the words API servers use, with its cause's reason. */
export interface FieldError extends Violation {
  readonly reason: CauseReason;
}

/** Longest value that is repeated in a message. */
const MAX_SHOWN = 2_000;

export function fieldError(path: FieldPath | string, reason: CauseReason, message: string): FieldError {
  return { path: typeof path === "string" ? path : formatFieldPath(path), reason, message };
}

export function invalidValue(path: FieldPath | string, value: unknown, detail: string): FieldError {
  return fieldError(path, "FieldValueInvalid", `Invalid value: ${shown(value)}: ${detail}`);
}

export function requiredValue(path: FieldPath | string, detail = ""): FieldError {
  return fieldError(path, "FieldValueRequired", detail === "" ? "Required value" : `Required value: ${detail}`);
}

export function forbiddenValue(path: FieldPath | string, detail: string): FieldError {
  return fieldError(path, "FieldValueForbidden", `Forbidden: ${detail}`);
}

export function unsupportedValue(path: FieldPath | string, value: unknown, supported: readonly unknown[]): FieldError {
  const list = supported.map(shown).join(", ");
  return fieldError(path, "FieldValueNotSupported", `Unsupported value: ${shown(value)}: supported values: ${list}`);
}

export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "null";
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
}
