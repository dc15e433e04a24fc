/**
 * A set of field paths of one object, as a tree: each step is a path element as FieldsV1 writes it
 * (`f:spec`, `k:{"name":"a"}`, `v:"x"`, `i:0`). Immutable.
 */
export interface FieldSet {
  /** Whether the path that ends here is in the set. */
  readonly member: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

const NO_CHILDREN: ReadonlyMap<string, FieldSet> = new Map();

export const NO_FIELDS: FieldSet = Object.freeze({ member: false, children: NO_CHILDREN });
/** The path itself and nothing below it. */
export const LEAF: FieldSet = Object.freeze({ member: true, children: NO_CHILDREN });

/** A node whose children that hold nothing are left out. */
export function fieldSet(member: boolean, children: Iterable<readonly [string, FieldSet]>): FieldSet {
  const kept = new Map<string, FieldSet>();
  for (const [step, child] of children) if (!isEmpty(child)) kept.set(step, child);
  if (kept.size === 0) return member ? LEAF : NO_FIELDS;
  return { member, children: kept };
}

export function isEmpty(set: FieldSet): boolean {
  return !set.member && set.children.size === 0;
}

/** The path itself joins the set. */
export function withMember(set: FieldSet): FieldSet {
  return set.member ? set : { member: true, children: set.children };
}

export function union(left: FieldSet, right: FieldSet): FieldSet {
  if (isEmpty(left)) return right;
  if (isEmpty(right)) return left;
  const children = new Map(left.children);
  for (const [step, child] of right.children) children.set(step, union(children.get(step) ?? NO_FIELDS, child));
  return fieldSet(left.member || right.member, children);
}

/** Paths of `left` that are not in `right`, each by itself: what lies below a path of `right` stays. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  if (isEmpty(right)) return left;
  return fieldSet(
    left.member && !right.member,
    mapChildren(left, (child, step) => difference(child, right.children.get(step) ?? NO_FIELDS)),
  );
}

export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  return fieldSet(
    left.member && right.member,
    mapChildren(left, (child, step) => intersection(child, right.children.get(step) ?? NO_FIELDS)),
  );
}

export function sameFields(left: FieldSet, right: FieldSet): boolean {
  if (left === right) return true;
  if (left.member !== right.member || left.children.size !== right.children.size) return false;
  for (const [step, child] of left.children) {
    const other = right.children.get(step);
    if (other === undefined || !sameFields(child, other)) return false;
  }
  return true;
}

/** Every path of the set, as steps from the root, parents before children. */
export function* pathsOf(set: FieldSet, prefix: readonly string[] = []): Generator<readonly string[]> {
  if (set.member) yield prefix;
  for (const [step, child] of set.children) yield* pathsOf(child, [...prefix, step]);
}

export function* mapChildren(set: FieldSet, change: (child: FieldSet, step: string) => FieldSet): Generator<readonly [string, FieldSet]> {
  for (const [step, child] of set.children) yield [step, change(child, step)];
}
