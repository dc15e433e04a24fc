import { type FieldSet, isEmpty } from "./field-set.ts";
import { formatFieldsV1, parseFieldsV1 } from "./fields-v1.ts";

/** Who set which fields, and how: an entry of `metadata.managedFields`. */
export interface Owner {
  readonly manager: string;
  /** Apply: what it does not repeat next time goes. Update: it wrote the fields once. */
  readonly operation: "Apply" | "Update";
  /** Version its field paths are written in. */
  readonly apiVersion: string;
  /** RFC 3339; absent where a client left it out. */
  readonly time?: string;
  readonly subresource?: string;
  readonly fields: FieldSet;
}

/** Owners by {@link ownerKey}. */
export type Owners = ReadonlyMap<string, Owner>;

export const NO_OWNERS: Owners = new Map();

/** An applier is one whatever version it writes; updates through different versions are different owners. */
export function ownerKey({ manager, operation, apiVersion, subresource = "" }: Omit<Owner, "fields">): string {
  return JSON.stringify([operation, manager, subresource, operation === "Update" ? apiVersion : ""]);
}

export function isReset(managedFields: unknown): boolean {
  if (!Array.isArray(managedFields)) return false;
  return managedFields.length === 0 || (managedFields.length === 1 && Object.keys((managedFields[0] as object | null) ?? {}).length === 0);
}

/** Entries as owners, or null when they are not managedFields. */
export function parseOwners(entries: unknown): Owners | null {
  if (entries === undefined || entries === null) return NO_OWNERS;
  if (!Array.isArray(entries)) return null;
  const owners = new Map<string, Owner>();
  for (const entry of entries) {
    const owner = parseOwner(entry as Record<string, unknown> | null);
    if (owner === null) return null;
    owners.set(ownerKey(owner), owner);
  }
  return owners;
}

function parseOwner(entry: Record<string, unknown> | null): Owner | null {
  const { manager = "", operation, apiVersion, time, subresource, fieldsType, fieldsV1 = {} } = entry ?? {};
  if (operation !== "Apply" && operation !== "Update") return null;
  if (typeof manager !== "string" || typeof apiVersion !== "string" || apiVersion === "" || fieldsType !== "FieldsV1") return null;
  const fields = parseFieldsV1(fieldsV1);
  if (fields === null || isEmpty(fields)) return null;
  return {
    manager,
    operation,
    apiVersion,
    ...(typeof time === "string" ? { time } : {}),
    ...(typeof subresource === "string" && subresource !== "" ? { subresource } : {}),
    fields,
  };
}

/** Owners as entries: appliers first, then by time, as other API servers order them. */
export function formatOwners(owners: Owners): object[] {
  return [...owners.values()].toSorted(inOrder).map(({ manager, operation, apiVersion, time, subresource, fields }) => ({
    manager,
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: formatFieldsV1(fields),
    ...(subresource === undefined ? {} : { subresource }),
  }));
}

function inOrder(left: Owner, right: Owner): number {
  const words = ({ operation, time = "", manager, apiVersion, subresource = "" }: Owner): string[] => [
    operation,
    time,
    manager,
    apiVersion,
    subresource,
  ];
  const [one, other] = [words(left), words(right)];
  const place = one.findIndex((word, index) => word !== other[index]);
  return place < 0 ? 0 : (one[place] as string) < (other[place] as string) ? -1 : 1;
}
