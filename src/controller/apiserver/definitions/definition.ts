import type { KubeObject } from "../../../model/object.ts";
import type { Definition, DefinitionSpec, DefinitionStatus, DefinitionVersion } from "./definition-schema.ts";

/** Where CustomResourceDefinitions themselves lie in the store. */
export const DEFINITIONS = "apiextensions.k8s.io/customresourcedefinitions";

/** A stored or judged CustomResourceDefinition with the spec its schema promises. */
export type KnownDefinition = Definition & { readonly spec: DefinitionSpec };

export function readDefinition(object: KubeObject): KnownDefinition {
  return object as KnownDefinition;
}

/** Names with what is left out filled in. */
export function completeNames({ names }: DefinitionSpec): Required<DefinitionSpec["names"]> {
  return {
    plural: names.plural,
    singular: names.singular || names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    kind: names.kind,
    listKind: names.listKind || `${names.kind}List`,
    categories: names.categories ?? [],
  };
}

export function storageVersionOf(spec: DefinitionSpec): DefinitionVersion {
  return spec.versions.find(({ storage }) => storage) as DefinitionVersion;
}

export function isEstablished({ status }: { readonly status?: DefinitionStatus }): boolean {
  return status?.conditions?.some(({ type, status: holds }) => type === "Established" && holds === "True") ?? false;
}

/** Where the definition's objects lie in the store. */
export function bucketOfDefinition({ group, names }: DefinitionSpec): string {
  return `${group}/${names.plural}`;
}

/** GA before beta before alpha, and the higher number first; other names come last, by the alphabet. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [priorityOf(left), priorityOf(right)];
  if (a === null || b === null) return a === b ? (left < right ? -1 : 1) : a === null ? 1 : -1;
  for (const [index, value] of a.entries()) if (value !== b[index]) return (b[index] as number) - value;
  return 0;
}

function priorityOf(version: string): readonly [number, number, number] | null {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  if (match === null) return null;
  const [, major, stage, minor] = match;
  return [stage === undefined ? 2 : stage === "beta" ? 1 : 0, Number(major), Number(minor ?? 0)];
}
