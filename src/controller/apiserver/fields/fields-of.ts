import { isPlainObject } from "../merge-patch.ts";
import { elementsOf } from "./elements.ts";
import { type FieldSet, fieldSet, LEAF, mapChildren, withMember } from "./field-set.ts";
import { fieldStep } from "./path-element.ts";
import { DEDUCED, fieldTopology, type Topology } from "./topology.ts";

/** The paths a configuration owns: leaves, elements of lists, keys of maps. Declared fields count by what lies below them. */
export function fieldsOf(value: unknown, topology: Topology): FieldSet {
  if (isPlainObject(value) && topology.atomic !== true) {
    const entries = Object.entries(value);
    if (entries.length === 0) return LEAF;
    return fieldSet(
      false,
      entries.map(([name, child]) => {
        const { topology: below, declared } = fieldTopology(topology, name);
        const set = fieldsOf(child, below);
        return [fieldStep(name), declared ? set : withMember(set)] as const;
      }),
    );
  }
  const elements = Array.isArray(value) && topology.list !== undefined ? elementsOf(value, topology.list) : null;
  if (elements === null || elements.size === 0) return LEAF;
  return fieldSet(
    false,
    [...elements].map(([step, alike]) => [step, elementFields(alike, topology)] as const),
  );
}

function elementFields(alike: readonly unknown[], { list, elements = DEDUCED }: Topology): FieldSet {
  return alike.length > 1 || list?.type === "set" ? LEAF : withMember(fieldsOf(alike[0], elements));
}

/** Every node of a value: what is added with it, or removed with it. */
export function nodesOf(value: unknown, topology: Topology): FieldSet {
  if (isPlainObject(value) && topology.atomic !== true) {
    const children = Object.entries(value).map(
      ([name, child]) => [fieldStep(name), nodesOf(child, fieldTopology(topology, name).topology)] as const,
    );
    return withMember(fieldSet(true, children));
  }
  const elements = Array.isArray(value) && topology.list !== undefined ? elementsOf(value, topology.list) : null;
  if (elements === null) return LEAF;
  const children = [...elements].map(
    ([step, alike]) => [step, alike.length > 1 ? LEAF : nodesOf(alike[0], topology.elements ?? DEDUCED)] as const,
  );
  return fieldSet(true, children);
}

/** `set` with every declared field that has something below it: those come and go with what they hold. */
export function withDeclaredParents(set: FieldSet, topology: Topology): FieldSet {
  return fieldSet(
    set.member,
    mapChildren(set, (child, step) => {
      if (!step.startsWith("f:")) return withDeclaredParents(child, topology.elements ?? DEDUCED);
      const { topology: below, declared } = fieldTopology(topology, step.slice(2));
      const deeper = withDeclaredParents(child, below);
      return declared ? withMember(deeper) : deeper;
    }),
  );
}
