import { type Alias, isAlias, isMap, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from "yaml";
import { ownPair } from "./positions.ts";

/** Where the steps of a path lead in a document. */
export type Followed =
  /** To a place that is written there. `pair` or `list` and `index` hold it; neither at the root. */
  | {
      readonly kind: "written";
      readonly node: Node | null;
      readonly pair?: Pair;
      readonly list?: YAMLSeq;
      readonly index?: number;
      /** Every node on the way, the last one included. */
      readonly through: readonly Node[];
    }
  /** Through an alias, which stands at the first `depth` steps. */
  | { readonly kind: "alias"; readonly alias: Alias; readonly depth: number; readonly through: readonly Node[] }
  /** To a key that a mapping has from a merge only; the mapping stands at the first `depth` steps. */
  | { readonly kind: "merged"; readonly map: YAMLMap; readonly depth: number; readonly through: readonly Node[] }
  | { readonly kind: "missing" };

export function follow(root: Node, path: readonly (string | number)[]): Followed {
  const through: Node[] = [];
  let node: Node | null = root;
  let holder: { pair?: Pair; list?: YAMLSeq; index?: number } = {};
  for (let depth = 0; ; depth += 1) {
    if (isAlias(node)) return { kind: "alias", alias: node, depth, through };
    if (node !== null) through.push(node);
    const step = path[depth];
    if (step === undefined) return { kind: "written", node, ...holder, through };
    if (isMap(node)) {
      const map: YAMLMap = node as YAMLMap;
      const pair = ownPair(map, String(step));
      if (pair === undefined) return ownPair(map, "<<") === undefined ? { kind: "missing" } : { kind: "merged", map, depth, through };
      holder = { pair };
      node = pair.value as Node | null;
    } else if (isSeq(node) && typeof step === "number" && step < node.items.length) {
      holder = { list: node, index: step };
      node = node.items[step] as Node | null;
    } else return { kind: "missing" };
  }
}
