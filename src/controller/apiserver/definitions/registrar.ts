import { isDeepStrictEqual } from "node:util";
import type { KindDescriptor } from "../../../model/kind.ts";
import type { LiveKinds } from "../../../model/live-kinds.ts";
import { type ApiContext, timestamp } from "../context.ts";
import type { Stored } from "../store/contract.ts";
import { type TakenNames, statusOf } from "./conditions.ts";
import { kindsOfDefinition } from "./custom-kinds.ts";
import { completeNames, DEFINITIONS, isEstablished, type KnownDefinition, readDefinition } from "./definition.ts";
import type { DefinitionStatus } from "./definition-schema.ts";

export interface Registrar {
  close(): void;
}

/**
 * Serves the kinds that stored CustomResourceDefinitions define. A definition that is written counts before its
 * writer hears so; its status follows right behind. `fixed` are the kinds of the server itself: a definition of one of
 * those is kept, and the server's own schema stays in force.
 */
export async function createRegistrar(
  api: ApiContext,
  kinds: LiveKinds,
  fixed: readonly KindDescriptor[],
  onError: (error: unknown) => void,
): Promise<Registrar> {
  /** By uid and generation of the definition: unchanged ones keep their compiled schemas. */
  let made = new Map<string, readonly KindDescriptor[]>();

  function register(): void {
    const next = new Map<string, readonly KindDescriptor[]>();
    for (const definition of definitionsOf(api)) {
      if (isBuiltIn(definition, fixed) || !isServed(definition, takenNames(definition, api, fixed))) continue;
      const key = `${definition.metadata.uid} ${definition.metadata.generation}`;
      next.set(key, made.get(key) ?? kindsOfDefinition(definition));
    }
    const changed = next.size !== made.size || [...next.keys()].some((key) => !made.has(key));
    made = next;
    if (changed) kinds.replace([...next.values()].flat());
  }

  /** Writes every status that is not what it must be. One goes first where two want one name: the oldest. */
  async function writeStatuses(): Promise<void> {
    for (const { metadata } of definitionsOf(api)) {
      await api.store.write((transaction) => {
        const stored = transaction.get(DEFINITIONS, metadata.name);
        if (stored === undefined) return;
        const definition = readDefinition(stored.object);
        const others = transaction.list(DEFINITIONS).map(({ object }) => readDefinition(object));
        const taken = takenBy(definition, others, fixed);
        const status: DefinitionStatus = statusOf(definition, taken, isBuiltIn(definition, fixed), timestamp(api.clock));
        if (!isDeepStrictEqual(status, definition.status)) transaction.put(DEFINITIONS, metadata.name, { ...definition, status });
      });
    }
  }

  register();
  await writeStatuses();
  const unsubscribe = api.store.subscribe(DEFINITIONS, () => {
    register();
    void writeStatuses().catch(onError);
  });
  return { close: unsubscribe };
}

function definitionsOf(api: ApiContext): KnownDefinition[] {
  return api.store
    .list(DEFINITIONS)
    .map(({ object }: Stored) => readDefinition(object))
    .toSorted(byAge);
}

function byAge(left: KnownDefinition, right: KnownDefinition): number {
  const [a, b] = [left.metadata.creationTimestamp ?? "", right.metadata.creationTimestamp ?? ""];
  if (a !== b) return a < b ? -1 : 1;
  return left.metadata.name < right.metadata.name ? -1 : 1;
}

function isServed(definition: KnownDefinition, taken: TakenNames): boolean {
  if (isEstablished(definition)) return true;
  const { plural, kind } = completeNames(definition.spec);
  return !taken.resources.has(plural) && !taken.kinds.has(kind);
}

function isBuiltIn({ spec }: KnownDefinition, fixed: readonly KindDescriptor[]): boolean {
  return fixed.some(({ group, plural }) => group === spec.group && plural === spec.names.plural);
}

function takenNames(definition: KnownDefinition, api: ApiContext, fixed: readonly KindDescriptor[]): TakenNames {
  return takenBy(definition, definitionsOf(api), fixed);
}

/** Names of the same group that other kinds have: the server's own, and definitions that were accepted or are older. */
function takenBy(definition: KnownDefinition, all: readonly KnownDefinition[], fixed: readonly KindDescriptor[]): TakenNames {
  const { group, names: own } = definition.spec;
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const kind of fixed) {
    if (kind.group !== group || kind.plural === own.plural) continue;
    for (const word of [kind.plural, kind.singular, ...(kind.shortNames ?? [])]) resources.add(word);
    kinds.add(kind.kind).add(`${kind.kind}List`);
  }
  for (const other of all) {
    if (other.spec.group !== group || other.metadata.uid === definition.metadata.uid) continue;
    if (!isEstablished(other) && (isEstablished(definition) || byAge(other, definition) > 0)) continue;
    if (isEstablished(other) && isEstablished(definition) && byAge(other, definition) > 0) continue;
    const names = completeNames(other.spec);
    for (const word of [names.plural, names.singular, ...names.shortNames]) resources.add(word);
    kinds.add(names.kind).add(names.listKind);
  }
  return { resources, kinds };
}
