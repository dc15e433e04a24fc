import { isPlainObject } from "../merge-patch.ts";
import { elementsOf } from "./elements.ts";
import { DEDUCED, fieldTopology, type Topology } from "./topology.ts";

/** `live` with everything `config` says. Neither is changed. */
export function mergeConfig(live: unknown, config: unknown, topology: Topology): unknown {
  if (live === undefined) return config;
  if (isPlainObject(live) && isPlainObject(config) && topology.atomic !== true) {
    const merged = new Map(Object.entries(live));
    for (const [name, value] of Object.entries(config)) {
      merged.set(name, mergeConfig(merged.get(name), value, fieldTopology(topology, name).topology));
    }
    return Object.fromEntries(merged);
  }
  if (Array.isArray(live) && Array.isArray(config) && topology.list !== undefined) return mergeLists(live, config, topology);
  return config;
}

/**
 * Elements of both: those of the configuration in its order, those only the live list has where they stood
 * among the others.
 */
function mergeLists(live: readonly unknown[], config: readonly unknown[], topology: Topology): unknown {
  const rule = topology.list;
  const [old, wanted] = rule === undefined ? [null, null] : [elementsOf(live, rule), elementsOf(config, rule)];
  if (old === null || wanted === null) return config;
  const merged: unknown[] = [];
  const pending = [...wanted.keys()];
  const shared = pending.filter((step) => old.has(step));
  const take = (step: string): void => {
    merged.push(mergeConfig(old.get(step)?.[0], wanted.get(step)?.[0], topology.elements ?? DEDUCED));
  };
  for (const [step, alike] of old) {
    if (!wanted.has(step)) merged.push(...alike);
    else if (shared[0] === step) {
      shared.shift();
      while (pending.length > 0) {
        const next = pending.shift() as string;
        take(next);
        if (next === step) break;
      }
    }
  }
  for (const step of pending) take(step);
  return merged;
}
