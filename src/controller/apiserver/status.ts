import type { Violation } from "../../lib/errors.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import type { Status } from "../failure-status.ts";
import { HttpError } from "../http.ts";

/** An entry of `details.causes`. */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

export function successStatus(details: object): Status {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details, code: 200 };
}

type Named = Pick<KindDescriptor, "group" | "plural" | "kind" | "version">;

/** `httproutes.gateway.networking.k8s.io`, or `services`. */
export function resourceName(kind: Named): string {
  return kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;
}

export function badRequest(message: string, details?: object): HttpError {
  return new HttpError(400, "BadRequest", message, details);
}

export function methodNotAllowed(): HttpError {
  return new HttpError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
}

export function notFound(kind: Named, name: string): HttpError {
  return new HttpError(404, "NotFound", `${resourceName(kind)} "${name}" not found`, { name, group: kind.group, kind: kind.plural });
}

export function alreadyExists(kind: Named, name: string): HttpError {
  return new HttpError(409, "AlreadyExists", `${resourceName(kind)} "${name}" already exists`, {
    name,
    group: kind.group,
    kind: kind.plural,
  });
}

export function conflict(kind: Named, name: string, why: string): HttpError {
  const message = `Operation cannot be fulfilled on ${resourceName(kind)} "${name}": ${why}`;
  return new HttpError(409, "Conflict", message, { name, group: kind.group, kind: kind.plural });
}

export function forbidden(kind: Named, name: string, why: string, causes?: readonly StatusCause[]): HttpError {
  const details = { name, group: kind.group, kind: kind.plural, ...(causes === undefined ? {} : { causes }) };
  return new HttpError(403, "Forbidden", `${resourceName(kind)} "${name}" is forbidden: ${why}`, details);
}

/** `metadata` as a list's: a `continue` token to go on with nevertheless. */
export function expired(message: string, metadata?: { readonly continue: string }): HttpError {
  return new HttpError(410, "Expired", message, undefined, metadata);
}

/** What was asked for has not happened here: perhaps in a store that is gone. Clients list again. */
export function tooLargeResourceVersion(asked: number, current: number): HttpError {
  return new HttpError(504, "Timeout", `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}

/** Parameters of a verb, by the name Kubernetes has for them. */
export type OptionsKind = "ListOptions" | "CreateOptions" | "UpdateOptions" | "PatchOptions" | "DeleteOptions";

/** 422 about the parameters of a request. */
export function invalidOptions(options: OptionsKind, violations: readonly Violation[]): HttpError {
  return invalid({ group: "meta.k8s.io", version: "v1", kind: options, plural: "" }, "", violations, false);
}

/** 422 with one cause for each violation; unknown fields alone are a 400, as strict decoding is in Kubernetes. */
export function invalid(kind: Named, name: string, violations: readonly Violation[], unknownOnly: boolean): HttpError {
  const causes = violations.map(causeOf);
  const details = { name, group: kind.group, kind: kind.kind, causes };
  if (unknownOnly) {
    const list = violations
      .map((violation) => `unknown field "${violation.path}"${violation.hint ? ` (${violation.hint})` : ""}`)
      .join(", ");
    const message = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${list}`;
    return new HttpError(400, "BadRequest", message, details);
  }
  const full = kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
  const texts = causes.map((cause) => (cause.field === "" ? cause.message : `${cause.field}: ${cause.message}`));
  const list = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  return new HttpError(422, "Invalid", `${full} "${name}" is invalid: ${list}`, details);
}

/** By how messages about more than a wrong value begin. */
const CAUSE_REASONS: Readonly<Record<string, string>> = Object.freeze({
  Forbidden: "FieldValueForbidden",
  "Unsupported value": "FieldValueNotSupported",
  "Duplicate value": "FieldValueDuplicate",
});

function causeOf(violation: Violation): StatusCause {
  const [, said = ""] = /^(Forbidden|Unsupported value|Duplicate value): /.exec(violation.message) ?? [];
  const reason =
    violation.reason ?? (violation.message === "is required" ? "FieldValueRequired" : (CAUSE_REASONS[said] ?? "FieldValueInvalid"));
  return { reason, message: violation.hint ? `${violation.message} (${violation.hint})` : violation.message, field: violation.path };
}
