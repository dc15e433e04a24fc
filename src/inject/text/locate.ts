import { isCollection, isMap, isPair, type LineCounter, type Node, type YAMLMap } from "yaml";
import type { Violation } from "../../lib/errors.ts";
import { parseFieldPath } from "../../lib/field-path.ts";
import { itemStart, ownPair, pairStart } from "./positions.ts";
import { problemAt, type TextProblem } from "./problem.ts";
import type { FoundWorkload } from "./workloads.ts";

/** A violation of a workload's pod, with its place in the text: of the field, or of its nearest parent that is there. */
export function locateViolation(lines: LineCounter, workload: FoundWorkload, { path, message, hint }: Violation): TextProblem {
  const steps = [...workload.template, ...parseFieldPath(path)];
  const where = [...workload.template, path].join(".");
  return problemAt(lines, offsetOf(workload.node, steps), `${workloadName(workload)}: ${where}: ${message}`, hint);
}

/** `deployment/web` */
export function workloadName({ kind, name }: FoundWorkload): string {
  return `${kind.toLowerCase()}/${name === "" ? "(no name)" : name}`;
}

export function offsetOf(from: Node, steps: readonly (string | number)[]): number {
  let node: unknown = from;
  let offset = from.range?.[0] ?? 0;
  for (const step of steps) {
    if (!isCollection(node)) break;
    if (isMap(node)) {
      const pair = ownPair(node as YAMLMap, String(step));
      if (pair === undefined) break;
      offset = pairStart(pair);
      node = pair.value;
    } else {
      const item: unknown = node.items[Number(step)];
      if (item === undefined || item === null || isPair(item)) break;
      offset = itemStart(node as never, Number(step));
      node = item;
    }
  }
  return offset;
}
