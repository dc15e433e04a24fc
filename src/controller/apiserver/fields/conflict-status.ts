import { HttpError } from "../../http.ts";
import type { StatusCause } from "../status.ts";
import type { Owner } from "./owners.ts";
import type { FieldConflict } from "./ownership.ts";
import { formatPath } from "./path-element.ts";

/** 409 with one cause for each field, worded as kubectl and other clients show it. */
export function applyConflict(conflicts: readonly FieldConflict[]): HttpError {
  const causes = conflicts.map(
    ({ owner, path }): StatusCause => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${describe(owner)}`,
      field: formatPath(path),
    }),
  );
  return new HttpError(409, "Conflict", messageOf(conflicts), { causes });
}

function messageOf(conflicts: readonly FieldConflict[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1 && first !== undefined) {
    return `Apply failed with 1 conflict: conflict with ${describe(first.owner)}: ${formatPath(first.path)}`;
  }
  const fields = new Map<string, string[]>();
  for (const { owner, path } of conflicts) fields.set(describe(owner), [...(fields.get(describe(owner)) ?? []), `- ${formatPath(path)}`]);
  const texts = [...fields].sort(([left], [right]) => (left < right ? -1 : 1)).map(([owner, lines]) => `${owner}:\n${lines.join("\n")}`);
  return `Apply failed with ${conflicts.length} conflicts: ${texts.map((text) => `conflicts with ${text}`).join("\n")}`;
}

function describe({ manager, operation, apiVersion, time, subresource }: Owner): string {
  const name = JSON.stringify(manager) + (subresource === undefined ? "" : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === "Apply" ? name : `${name} using ${apiVersion}${time === undefined ? "" : ` at ${time}`}`;
}
