import type { Violation } from "../../lib/errors.ts";
import type { Propagation } from "./lifecycle.ts";
import { isPlainObject } from "./merge-patch.ts";
import { badRequest, invalidOptions } from "./status.ts";

/** `meta/v1 DeleteOptions`. A grace period is judged and means nothing here: there is nothing to wait for. */
export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly propagation: Propagation;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string };
}

const POLICIES: readonly string[] = ["Foreground", "Background", "Orphan"];

/** From the body, or, where it says nothing, from the query. Throws 400 for what is no DeleteOptions and 422 for values that do not exist. */
export function parseDeleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  const options = body ?? {};
  if (!isPlainObject(options)) throw badRequest("DeleteOptions must be an object");
  if (options.kind !== undefined && options.kind !== "DeleteOptions")
    throw badRequest(`the body of a deletion must be DeleteOptions, not ${String(options.kind)}`);
  const { preconditions = {}, propagationPolicy, orphanDependents, gracePeriodSeconds } = { ...fromQuery(query), ...options };
  const dryRun = [...query.getAll("dryRun"), ...listOf("dryRun", options.dryRun)];
  if (preconditions !== null && !isPlainObject(preconditions)) throw wrongType("preconditions", "an object");
  const found: Violation[] = [];
  if (propagationPolicy != null && !POLICIES.includes(propagationPolicy as string)) {
    const values = POLICIES.map((policy) => `"${policy}"`).join(", ");
    found.push({ path: "propagationPolicy", message: `Unsupported value: "${String(propagationPolicy)}": supported values: ${values}` });
  }
  if (propagationPolicy != null && orphanDependents != null) {
    found.push({ path: "propagationPolicy", message: "Invalid value: orphanDependents and deletionPropagation cannot be both set" });
  }
  for (const value of dryRun)
    if (value !== "All") found.push({ path: "dryRun", message: `Unsupported value: "${String(value)}": supported values: "All"` });
  if (found.length > 0) throw invalidOptions("DeleteOptions", found);
  if (orphanDependents != null && typeof orphanDependents !== "boolean") throw wrongType("orphanDependents", "a boolean");
  if (gracePeriodSeconds != null && !Number.isSafeInteger(gracePeriodSeconds)) throw wrongType("gracePeriodSeconds", "an integer");
  return {
    dryRun: dryRun.length > 0,
    propagation: (propagationPolicy as Propagation | null | undefined) ?? (orphanDependents === true ? "Orphan" : "Background"),
    preconditions: {
      uid: textOf("preconditions.uid", preconditions?.uid),
      resourceVersion: textOf("preconditions.resourceVersion", preconditions?.resourceVersion),
    },
  };
}

function fromQuery(query: URLSearchParams): Record<string, unknown> {
  const grace = query.get("gracePeriodSeconds");
  const orphan = query.get("orphanDependents");
  return {
    ...(query.get("propagationPolicy") ? { propagationPolicy: query.get("propagationPolicy") } : {}),
    ...(grace ? { gracePeriodSeconds: Number(grace) } : {}),
    ...(orphan ? { orphanDependents: orphan === "true" || orphan === "1" } : {}),
  };
}

function listOf(name: string, value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrongType(name, "a list");
  return value as unknown[];
}

function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw wrongType(name, "a string");
  return value;
}

function wrongType(name: string, wanted: string): Error {
  return badRequest(`DeleteOptions.${name} must be ${wanted}`);
}
