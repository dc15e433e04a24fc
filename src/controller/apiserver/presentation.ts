import type { Negotiated } from "./negotiate.ts";
import type { Presentation } from "./present.ts";
import type { ResourceRequest } from "./request.ts";
import { badRequest } from "./status.ts";
import type { TableOptions } from "./table.ts";

/** How each object of this request is shown. Throws 400 for an `includeObject` that does not exist. */
export function presentationOf(request: ResourceRequest, wanted: Negotiated, nowMs: number): Presentation {
  if (wanted.as === "Table") return { as: "Table", options: tableOptions(request, wanted, nowMs) };
  if (wanted.as === "object" || wanted.as === "APIGroupDiscoveryList") return { as: "object" };
  return { as: "PartialObjectMetadata", version: wanted.version };
}

function tableOptions({ query, version }: ResourceRequest, wanted: Negotiated, nowMs: number): TableOptions {
  const include = query.get("includeObject") || "Metadata";
  if (include !== "None" && include !== "Metadata" && include !== "Object")
    throw badRequest(`includeObject must be None, Metadata or Object, not "${include}"`);
  return { version: wanted.version, includeObject: include, nowMs, withColumns: true, objectVersion: version };
}
