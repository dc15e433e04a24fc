import { isPlainObject } from "../merge-patch.ts";
import { elementsOf } from "./elements.ts";
import type { FieldSet } from "./field-set.ts";
import { fieldStep } from "./path-element.ts";
import { DEDUCED, fieldTopology, type Topology } from "./topology.ts";

/** `value` without the paths of `set` and all that lies below them. What is emptied by it stays, empty. */
export function removeFields(value: unknown, set: FieldSet, topology: Topology): unknown {
  if (set.children.size === 0) return value;
  if (isPlainObject(value) && topology.atomic !== true) {
    const kept: [string, unknown][] = [];
    for (const [name, child] of Object.entries(value)) {
      const below = set.children.get(fieldStep(name));
      if (below?.member) continue;
      kept.push([name, below === undefined ? child : removeFields(child, below, fieldTopology(topology, name).topology)]);
    }
    return Object.fromEntries(kept);
  }
  const elements = Array.isArray(value) && topology.list !== undefined ? elementsOf(value, topology.list) : null;
  if (elements === null) return value;
  return [...elements].flatMap(([step, alike]) => {
    const below = set.children.get(step);
    if (below?.member) return [];
    return below === undefined ? alike : alike.map((element) => removeFields(element, below, topology.elements ?? DEDUCED));
  });
}
