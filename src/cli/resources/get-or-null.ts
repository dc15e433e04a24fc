import type { KindRef, KubeClient } from "../../kube/contract.ts";
import { isNotFound } from "../../kube/error.ts";
import type { KubeObject } from "../../model/object.ts";

/** The object, or null where there is none. */
export async function getOrNull<T extends KubeObject>(
  client: KubeClient,
  kind: KindRef,
  name: string,
  namespace?: string,
): Promise<T | null> {
  try {
    return await client.get<T>(kind, name, namespace);
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}
