import type { Violation } from "../../../lib/errors.ts";
import { formatApiVersion } from "../../../model/api-version.ts";
import type { FieldWriter, ResourcePlace } from "../request.ts";
import { invalidOptions, type OptionsKind } from "../status.ts";

const MAX_MANAGER_LENGTH = 128;
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** The options each method's problems are told about. */
const OPTIONS: Readonly<Record<string, OptionsKind>> = { POST: "CreateOptions", PUT: "UpdateOptions", PATCH: "PatchOptions" };

/**
 * Who a request's fields belong to: its `fieldManager`, or else the client's name in front of the first `/` of
 * User-Agent. Throws 422 for names that cannot be one.
 */
export function fieldWriterOf(place: ResourcePlace, method: string, userAgent: string | undefined, nowIso: string): FieldWriter {
  const { kind, version, subresource, query } = place;
  const asked = query.get("fieldManager") ?? "";
  const problems = managerProblems(asked);
  const options = OPTIONS[method];
  if (problems.length > 0 && options !== undefined) throw invalidOptions(options, problems);
  return { manager: asked || clientName(userAgent), apiVersion: formatApiVersion(kind.group, version), subresource, nowIso };
}

function managerProblems(manager: string): readonly Violation[] {
  const problems: Violation[] = [];
  if (manager.length > MAX_MANAGER_LENGTH) {
    problems.push({
      path: "fieldManager",
      reason: "FieldValueTooLong",
      message: `Too long: may not be more than ${MAX_MANAGER_LENGTH} bytes`,
    });
  }
  if (manager.search(UNPRINTABLE) >= 0) {
    problems.push({
      path: "fieldManager",
      reason: "FieldValueInvalid",
      message: "Invalid value: should only contain printable characters",
    });
  }
  return problems;
}

function clientName(userAgent = ""): string {
  const name = (userAgent.split("/", 1)[0] ?? "").replace(UNPRINTABLE, "").slice(0, MAX_MANAGER_LENGTH);
  return name || "unknown";
}
