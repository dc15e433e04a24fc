/**
 * Field ownership as its documentation tells it, written without looking at the code it judges: an object is a flat
 * list of paths with values, and each path has the set of those who own it. Good for objects of {@link ModelObject} only.
 */
export interface ModelObject {
  /** Plain fields. */
  readonly fields?: Readonly<Record<string, number>>;
  /** A struct inside. */
  readonly nested?: { readonly deep?: Readonly<Record<string, number>> };
  /** A list told apart by name. */
  readonly items?: readonly { readonly name: string; readonly size?: number; readonly tags?: readonly string[] }[];
  /** A list of values, each there once. */
  readonly set?: readonly string[];
  /** A list that is one value. */
  readonly whole?: readonly number[];
}

export type Flat = ReadonlyMap<string, string>;

/** Every path of an object that somebody can own; a list's elements are paths too. Empty containers say nothing. */
export function flatten(object: ModelObject): Flat {
  const flat = new Map<string, string>();
  for (const [name, value] of Object.entries(object.fields ?? {})) flat.set(`fields/${name}`, String(value));
  for (const [name, value] of Object.entries(object.nested?.deep ?? {})) flat.set(`nested/deep/${name}`, String(value));
  for (const { name, size, tags } of object.items ?? []) {
    flat.set(`items/${name}`, "");
    flat.set(`items/${name}/name`, name);
    if (size !== undefined) flat.set(`items/${name}/size`, String(size));
    for (const tag of tags ?? []) flat.set(`items/${name}/tags/${tag}`, tag);
  }
  for (const value of object.set ?? []) flat.set(`set/${value}`, value);
  if (object.whole !== undefined && object.whole.length > 0) flat.set("whole", object.whole.join());
  return flat;
}

/** Declared fields in which `path` lies: not elements of lists, which are owned by themselves. */
function structsAbove(path: string): readonly string[] {
  const parts = path.split("/");
  return parts
    .slice(1)
    .map((_, index) => parts.slice(0, index + 1).join("/"))
    .filter((above) => !/^items\/[^/]+$/.test(above));
}

export class OwnershipModel {
  live: Map<string, string>;
  readonly owners = new Map<string, Set<string>>();

  constructor(initial: ModelObject) {
    this.live = new Map(flatten(initial));
  }

  /** Paths in conflict with their owners, sorted, and nothing done; or none, and done. */
  apply(manager: string, config: ModelObject, force: boolean): readonly string[] {
    const wanted = flatten(config);
    const conflicts: string[] = [];
    for (const [path, value] of wanted) {
      if (!this.live.has(path) || this.live.get(path) === value) continue;
      for (const owner of this.owners.get(path) ?? []) if (owner !== manager) conflicts.push(`${owner} ${path}`);
    }
    if (!force && conflicts.length > 0) return conflicts.sort();
    const givenUp = [...this.owners].filter(([path, owned]) => !wanted.has(path) && owned.delete(manager)).map(([path]) => path);
    for (const path of givenUp) {
      if (this.owners.get(path)?.size === 0) this.remove(path);
      for (const struct of structsAbove(path)) if (!this.isOwned(struct, wanted)) this.remove(struct);
    }
    for (const [path, value] of wanted) {
      const shared = this.live.get(path) === value;
      this.owners.set(path, shared ? (this.owners.get(path) ?? new Set<string>()).add(manager) : new Set([manager]));
      this.live.set(path, value);
    }
    return [];
  }

  /** A write that gives one plain field another value. */
  set(manager: string, path: string, value: string): void {
    if (this.live.get(path) === value) return;
    this.live.set(path, value);
    this.owners.set(path, new Set([manager]));
  }

  /** `manager path` of everything owned, sorted. */
  ownership(): readonly string[] {
    return [...this.owners].flatMap(([path, owned]) => [...owned].map((owner) => `${owner} ${path}`)).sort();
  }

  /** A field that holds others goes with the last of them that anybody owns, and takes along what nobody does. */
  private isOwned(struct: string, wanted: Flat): boolean {
    const below = (path: string): boolean => path.startsWith(`${struct}/`);
    return [...wanted.keys()].some(below) || [...this.owners].some(([path, owned]) => below(path) && owned.size > 0);
  }

  /** The path, and whatever lies below it, whoever owns that. */
  private remove(path: string): void {
    for (const known of [...this.live.keys(), ...this.owners.keys()]) {
      if (known !== path && !known.startsWith(`${path}/`)) continue;
      this.live.delete(known);
      this.owners.delete(known);
    }
  }
}
