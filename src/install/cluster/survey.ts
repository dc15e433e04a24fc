import type { KubeClient } from "../../kube/contract.ts";
import { isNotFound } from "../../kube/error.ts";
import type { KubeObject } from "../../model/object.ts";
import { kindRef } from "../kind-refs.ts";
import { FIELD_MANAGER } from "../names.ts";
import type { Rendered } from "../render.ts";

/** What applying one object would do. */
export interface Change extends Rendered {
  readonly what: "create" | "update" | "same";
  /** As it is; null when it is not there. */
  readonly live: KubeObject | null;
  /** As the server would store it; for what is not there, as it was rendered. */
  readonly result: KubeObject;
}

/** Asks the server, by dry runs, what each object would become. Nothing is written. */
export async function survey(client: KubeClient, rendered: readonly Rendered[], force: boolean): Promise<readonly Change[]> {
  const changes: Change[] = [];
  for (const item of rendered) changes.push(await surveyOne(client, item, force));
  return changes;
}

async function surveyOne(client: KubeClient, item: Rendered, force: boolean): Promise<Change> {
  const live = await getOrNull(client, item.object);
  // What is not there may be of a kind or in a namespace that is not there yet either.
  if (live === null) return { ...item, what: "create", live, result: item.object };
  const result = await client.apply(kindRef(item.object.kind), item.object, { fieldManager: FIELD_MANAGER, force, dryRun: true });
  return { ...item, what: sameContent(live, result) ? "same" : "update", live, result };
}

export async function getOrNull(client: KubeClient, { kind, metadata }: KubeObject): Promise<KubeObject | null> {
  try {
    return await client.get(kindRef(kind), metadata.name, metadata.namespace);
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** Two states of one object, without what the server counts and notes for itself. */
export function sameContent(left: KubeObject, right: KubeObject): boolean {
  return JSON.stringify(contentOf(left)) === JSON.stringify(contentOf(right));
}

/** What a person would keep of an object, fields in one order. */
export function contentOf({ status: _status, ...object }: KubeObject): KubeObject {
  const {
    managedFields: _fields,
    resourceVersion: _version,
    uid: _uid,
    generation: _generation,
    creationTimestamp: _created,
    ...metadata
  } = object.metadata;
  return sorted({ ...object, metadata }) as KubeObject;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
