import { withCondition } from "../../../model/conditions.ts";
import type { Condition } from "../../../model/object.ts";
import { completeNames, type KnownDefinition, storageVersionOf } from "./definition.ts";
import type { DefinitionStatus } from "./definition-schema.ts";

/** Reason of Established where the server has the kind itself. */
export const BUILT_IN = "BuiltIn";

/** Names that others of the same group have already; the first taken one refuses a definition. */
export interface TakenNames {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

/**
 * What the status of a definition must be: names accepted unless one is taken, established once they are, and every
 * version that was ever the storage version remembered. The same value when nothing has to change.
 */
export function statusOf(definition: KnownDefinition, taken: TakenNames, builtIn: boolean, nowIso: string): DefinitionStatus {
  const { spec, status = {} } = definition;
  const before = status.conditions ?? [];
  const names = completeNames(spec);
  const conflict = conflictOf(names, taken);
  const accepted: Omit<Condition, "lastTransitionTime"> =
    conflict === null
      ? { type: "NamesAccepted", status: "True", reason: "NoConflicts", message: "no conflicts found" }
      : { type: "NamesAccepted", status: "False", ...conflict };
  const wasEstablished = before.some(({ type, status: holds }) => type === "Established" && holds === "True");
  // Who was established stays so: taking a served kind away because of a later name would hurt its users.
  const established: Omit<Condition, "lastTransitionTime"> = builtIn
    ? {
        type: "Established",
        status: "True",
        reason: BUILT_IN,
        message: "this kind is built in: it is served with the schema of the server",
      }
    : conflict === null || wasEstablished
      ? { type: "Established", status: "True", reason: "InitialNamesAccepted", message: "the initial names have been accepted" }
      : { type: "Established", status: "False", reason: "NotAccepted", message: "not all names are accepted" };
  const conditions = withCondition(withCondition(before, accepted, nowIso), established, nowIso);
  const stored = status.storedVersions ?? [];
  const storage = storageVersionOf(spec).name;
  const storedVersions = stored.includes(storage) ? stored : [...stored, storage];
  const acceptedNames = conflict === null ? presentNames(names) : (status.acceptedNames ?? { kind: "", plural: "" });
  if (conditions === before && storedVersions === stored && JSON.stringify(acceptedNames) === JSON.stringify(status.acceptedNames))
    return status;
  return { ...status, conditions: [...conditions], acceptedNames, storedVersions: [...storedVersions] };
}

type Names = ReturnType<typeof completeNames>;

function conflictOf(names: Names, taken: TakenNames): { readonly reason: string; readonly message: string } | null {
  const words: [string, string, string][] = [
    ["PluralConflict", names.plural, names.plural],
    ["SingularConflict", names.singular, names.singular],
    ...names.shortNames.map((word): [string, string, string] => ["ShortNamesConflict", word, word]),
  ];
  for (const [reason, word] of words) if (taken.resources.has(word)) return { reason, message: `"${word}" is already in use` };
  if (taken.kinds.has(names.kind)) return { reason: "KindConflict", message: `"${names.kind}" is already in use` };
  if (taken.kinds.has(names.listKind)) return { reason: "ListKindConflict", message: `"${names.listKind}" is already in use` };
  return null;
}

function presentNames(names: Names): Record<string, unknown> {
  const entries = Object.entries(names).filter(([, value]) => !Array.isArray(value) || value.length > 0);
  return Object.fromEntries(entries);
}
