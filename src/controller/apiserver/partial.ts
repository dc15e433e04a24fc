import type { Stored } from "./store/contract.ts";

/** `meta.k8s.io PartialObjectMetadata`: who it is, without what it says. */
export function partialOf(stored: Stored, version: string): object {
  return { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${version}`, metadata: stored.object.metadata };
}
