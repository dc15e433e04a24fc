import { isPlainObject } from "../merge-patch.ts";
import { stepOf } from "./elements.ts";
import { fieldStep, formatPath } from "./path-element.ts";
import { DEDUCED, fieldTopology, type Topology } from "./topology.ts";

/** Why nobody could own the elements of a list in `value`, with the list's path; null when all can be told apart. */
export function configProblem(value: unknown, topology: Topology, path: readonly string[] = []): string | null {
  if (isPlainObject(value) && topology.atomic !== true) {
    for (const [name, child] of Object.entries(value)) {
      const problem = configProblem(child, fieldTopology(topology, name).topology, [...path, fieldStep(name)]);
      if (problem !== null) return problem;
    }
  }
  if (!Array.isArray(value) || topology.list === undefined) return null;
  const seen = new Set<string>();
  for (const [index, element] of value.entries()) {
    const step = stepOf(element, topology.list);
    if (typeof step !== "string") return `${formatPath(path)}: element ${index}: ${step.problem}`;
    if (seen.has(step)) return `${formatPath(path)}: duplicate entries for key ${formatPath([step])}`;
    seen.add(step);
    const problem = configProblem(element, topology.elements ?? DEDUCED, [...path, step]);
    if (problem !== null) return problem;
  }
  return null;
}
