import { closest } from "../lib/closest.ts";
import { parseApiVersion } from "./api-version.ts";
import type { KindDescriptor } from "./kind.ts";

/** All kinds of a process, found in every way somebody names one. */
export interface KindRegistry {
  readonly all: readonly KindDescriptor[];
  /** By REST path; `version` may be an older served one. */
  byResource(group: string, version: string, plural: string): KindDescriptor | undefined;
  /** By what stands in a manifest. */
  byKind(apiVersion: string, kind: string): KindDescriptor | undefined;
  /** By what a person types: `svc`, `services`, `service`, `Service`, `httproutes.gateway.networking.k8s.io`, `httproutes.v1.gateway…`. */
  resolve(word: string): KindDescriptor | undefined;
  /** Every kind of a category: `mesh`. Empty when there is no such category. */
  category(word: string): readonly KindDescriptor[];
  /** What was probably meant by a word that {@link resolve} does not know. */
  suggest(word: string): string | null;
}

/** `kinds` in order of preference: where two share a word, the earlier one has it. */
export function createKindRegistry(kinds: readonly KindDescriptor[]): KindRegistry {
  const byResource = new Map<string, KindDescriptor>();
  const byKind = new Map<string, KindDescriptor>();
  const byWord = new Map<string, KindDescriptor>();
  const addWord = (word: string, kind: KindDescriptor): void => {
    if (!byWord.has(word)) byWord.set(word, kind);
  };
  for (const kind of kinds) {
    for (const version of servedVersions(kind)) {
      byResource.set(`${kind.group}/${version}/${kind.plural}`, kind);
      byKind.set(`${kind.group}/${version}/${kind.kind}`, kind);
    }
  }
  // Full names of every kind go before short names of any.
  for (const kind of kinds) for (const word of [kind.plural, kind.singular, kind.kind.toLowerCase()]) addWord(word, kind);
  for (const kind of kinds) for (const word of kind.shortNames ?? []) addWord(word, kind);
  for (const kind of kinds) {
    if (kind.group === "") continue;
    for (const word of [kind.plural, kind.singular, ...(kind.shortNames ?? [])]) {
      addWord(`${word}.${kind.group}`, kind);
      for (const version of servedVersions(kind)) addWord(`${word}.${version}.${kind.group}`, kind);
    }
  }
  return {
    all: kinds,
    byResource: (group, version, plural) => byResource.get(`${group}/${version}/${plural}`),
    byKind(apiVersion, kind) {
      const parsed = parseApiVersion(apiVersion);
      return parsed === null ? undefined : byKind.get(`${parsed.group}/${parsed.version}/${kind}`);
    },
    resolve: (word) => byWord.get(word.toLowerCase()),
    category: (word) => kinds.filter((kind) => kind.categories?.includes(word.toLowerCase())),
    suggest: (word) => closest(word, byWord.keys()),
  };
}

/** The stored version first, then older ones. */
export function servedVersions(kind: KindDescriptor): readonly string[] {
  return [kind.version, ...(kind.alsoServed ?? [])];
}
