import { isDeepStrictEqual } from "node:util";
import { isPlainObject } from "../merge-patch.ts";
import { elementsOf } from "./elements.ts";
import { type FieldSet, fieldSet, isEmpty, LEAF, NO_FIELDS } from "./field-set.ts";
import { nodesOf } from "./fields-of.ts";
import { fieldStep } from "./path-element.ts";
import { DEDUCED, fieldTopology, type Topology } from "./topology.ts";

/** Which paths differ between two states of an object. The order of elements that are told apart by keys does not count. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

const SAME: Comparison = Object.freeze({ added: NO_FIELDS, modified: NO_FIELDS, removed: NO_FIELDS });

/** `undefined` stands for absent. */
export function compare(before: unknown, after: unknown, topology: Topology): Comparison {
  if (before === after) return SAME;
  if (before === undefined) return { ...SAME, added: nodesOf(after, topology) };
  if (after === undefined) return { ...SAME, removed: nodesOf(before, topology) };
  if (isPlainObject(before) && isPlainObject(after) && topology.atomic !== true) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return joined(
      [...names].map((name) => [
        fieldStep(name),
        compare(ownField(before, name), ownField(after, name), fieldTopology(topology, name).topology),
      ]),
    );
  }
  if (Array.isArray(before) && Array.isArray(after) && topology.list !== undefined) {
    const [old, next] = [elementsOf(before, topology.list), elementsOf(after, topology.list)];
    if (old !== null && next !== null) {
      const steps = new Set([...old.keys(), ...next.keys()]);
      return joined([...steps].map((step) => [step, compareElements(old.get(step), next.get(step), topology.elements ?? DEDUCED)]));
    }
  }
  return isDeepStrictEqual(before, after) ? SAME : replaced(nodesOf(before, topology), nodesOf(after, topology));
}

/** Another value in the same place. Where one of them was walked into, what lay or lies below it goes and comes with it. */
function replaced(before: FieldSet, after: FieldSet): Comparison {
  return { modified: LEAF, removed: fieldSet(false, before.children), added: fieldSet(false, after.children) };
}

export function isSame({ added, modified, removed }: Comparison): boolean {
  return isEmpty(added) && isEmpty(modified) && isEmpty(removed);
}

function compareElements(before: readonly unknown[] | undefined, after: readonly unknown[] | undefined, topology: Topology): Comparison {
  if ((before?.length ?? 1) === 1 && (after?.length ?? 1) === 1) return compare(before?.[0], after?.[0], topology);
  if (before === undefined) return { ...SAME, added: LEAF };
  if (after === undefined) return { ...SAME, removed: LEAF };
  return isDeepStrictEqual(before, after) ? SAME : { ...SAME, modified: LEAF };
}

function ownField(object: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function joined(children: readonly (readonly [string, Comparison])[]): Comparison {
  const pick = (what: keyof Comparison): FieldSet =>
    fieldSet(
      false,
      children.map(([step, comparison]) => [step, comparison[what]] as const),
    );
  return { added: pick("added"), modified: pick("modified"), removed: pick("removed") };
}
