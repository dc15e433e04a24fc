import { formatAge } from "../../lib/age.ts";
import type { KubeClient, KindRef } from "../../kube/contract.ts";
import type { KubeObject } from "../../model/object.ts";
import { printable } from "../output/printable.ts";
import { formatTable } from "../output/table.ts";

const EVENT: KindRef = { group: "", version: "v1", kind: "Event", plural: "events", namespaced: true };
/** The newest of them. */
const MAX_SHOWN = 20;

interface Event extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly eventTime?: string | null;
  readonly lastTimestamp?: string | null;
  readonly source?: { readonly component?: string };
  readonly reportingComponent?: string;
}

/** What has been told about an object, oldest first, as further lines of its description. */
export async function eventsAbout(client: KubeClient, object: KubeObject, nowMs: number): Promise<string[]> {
  const { name, namespace = "default", uid } = object.metadata;
  const fieldSelector = `involvedObject.kind=${object.kind},involvedObject.name=${name}`;
  const { items } = await client.list<Event>(EVENT, { namespace, fieldSelector });
  // Of an earlier object of that name: none of this one's.
  const own = items.filter(({ involvedObject }) => {
    const about = (involvedObject as { uid?: string } | undefined)?.uid;
    return about === undefined || about === "" || about === uid;
  });
  if (own.length === 0) return ["Events:       <none>"];
  const rows = own
    .sort((left, right) => timeOf(left) - timeOf(right))
    .slice(-MAX_SHOWN)
    .map((event) => [
      event.type ?? "",
      event.reason ?? "",
      `${formatAge(nowMs - timeOf(event))}${(event.count ?? 1) > 1 ? ` (x${event.count})` : ""}`,
      event.source?.component || event.reportingComponent || "",
      printable(event.message ?? ""),
    ]);
  return ["Events:", ...formatTable(["type", "reason", "age", "from", "message"], rows).map((line) => `  ${line}`)];
}

function timeOf({ lastTimestamp, eventTime, metadata }: Event): number {
  return Date.parse(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "") || 0;
}
