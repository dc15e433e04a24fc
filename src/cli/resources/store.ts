import type { KindRef, KubeClient } from "../../kube/contract.ts";
import type { KubeObject } from "../../model/object.ts";
import type { Change } from "../apply/plan.ts";
import { FIELD_MANAGER } from "../apply/plan.ts";
import { sameJson } from "../apply/merge.ts";

/**
 * Writes an object that a command owns as a whole: what the command does not say is not there. The server
 * judges it also when `dryRun` keeps it from being stored. A change by somebody else since `existing` was
 * read is a conflict.
 */
export async function store<T extends KubeObject>(
  client: KubeClient,
  kind: KindRef,
  existing: T | null,
  wanted: T,
  dryRun: boolean,
): Promise<{ object: T; change: Change }> {
  const options = { dryRun, fieldManager: FIELD_MANAGER };
  if (existing === null) return { object: await client.create(kind, wanted, options), change: "created" };
  // Only the server knows what its defaults make of what is wanted.
  const result = await client.update(kind, wanted, { ...options, dryRun: true });
  if (sameJson(result.spec, existing.spec) && sameJson(result.metadata.labels, existing.metadata.labels)) {
    return { object: existing, change: "unchanged" };
  }
  return { object: dryRun ? result : await client.update(kind, wanted, options), change: "configured" };
}
