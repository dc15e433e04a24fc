import { type Change, contentOf } from "../../install/cluster/survey.ts";
import { formatKey, keyOfObject, type ObjectKey } from "../../install/release.ts";
import type { KubeObject } from "../../model/object.ts";
import type { Style } from "../output/style.ts";
import { formatYaml } from "../output/structured.ts";
import { unifiedDiff } from "../output/unified-diff.ts";

/** One line for each object that would be made, changed or deleted; what stays the same is counted. */
export function planLines(changes: readonly Change[], prune: readonly ObjectKey[], style: Style): string[] {
  const same = changes.filter(({ what }) => what === "same").length;
  return [
    ...changes.flatMap(({ what, object }) => {
      const name = formatKey(keyOfObject(object));
      if (what === "create") return [style.good(`+ ${name}`)];
      return what === "update" ? [style.warn(`~ ${name}`)] : [];
    }),
    ...prune.map((key) => style.bad(`- ${formatKey(key)}`)),
    ...(same === 0 ? [] : [style.dim(`= ${same} ${same === 1 ? "object stays" : "objects stay"} as they are`)]),
  ];
}

/** What changes in objects that are there, as `diff -u` shows it. A Secret's values are not shown. */
export function diffLines(changes: readonly Change[], style: Style): string[] {
  return changes.flatMap(({ what, live, result }) => {
    if (what !== "update" || live === null) return [];
    const lines = unifiedDiff(shown(live), shown(result));
    return [style.strong(`--- ${formatKey(keyOfObject(live))}`), ...lines.map((line) => paint(line, style))];
  });
}

export function paint(line: string, style: Style): string {
  if (line.startsWith("@@")) return style.accent(line);
  if (line.startsWith("+")) return style.good(line);
  return line.startsWith("-") ? style.bad(line) : line;
}

function shown(object: KubeObject): string {
  const content = contentOf(object);
  return formatYaml(object.kind === "Secret" ? { ...content, data: "(not shown)" } : content);
}
