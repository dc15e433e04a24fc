import { isMap, isScalar, isSeq, type Alias, type Node, type YAMLMap } from "yaml";
import { TEMPLATES, templateOf } from "../workload-kinds.ts";
import { ownPair } from "./positions.ts";
import { keyText, type PlainReader } from "./plain.ts";
import { Uneditable } from "./problem.ts";

/** An object with a pod template (or a pod) in a document. */
export interface FoundWorkload {
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty when it has none (generateName). */
  readonly name: string;
  readonly namespace: string;
  /** Steps from the document's root to the object. */
  readonly at: readonly (string | number)[];
  readonly node: YAMLMap;
  /** Steps from the object to the pod (template). */
  readonly template: readonly string[];
  /** False: a kind we know in a version we do not. */
  readonly known: boolean;
}

/** Lists hold lists at most so deep; what a cluster prints has one level. */
const MAX_LISTS = 4;

/** Every workload of a document, also those of lists, and namespaces. Throws {@link Uneditable} for lists of lists of lists. */
export function findWorkloads(root: Node, reader: PlainReader, aliases: ReadonlyMap<Alias, Node>): FoundWorkload[] {
  const found: FoundWorkload[] = [];
  const visit = (
    node: Node | null,
    at: readonly (string | number)[],
    implied: { apiVersion: string; kind: string },
    depth: number,
  ): void => {
    // Lists that programs write have empty places.
    if (depth > 0 && (node === null || (isScalar(node) && node.value === null))) return;
    if (!isMap(node)) {
      throw new Uneditable(node?.range?.[0] ?? 0, "not an object: expected apiVersion, kind and metadata");
    }
    const text = (key: string): string => {
      const value = reader.read((ownPair(node, key)?.value ?? null) as Node | null);
      return typeof value === "string" ? value : "";
    };
    const kind = text("kind") || implied.kind;
    const apiVersion = text("apiVersion") || implied.apiVersion;
    const items = ownPair(node, "items")?.value;
    if (kind.endsWith("List") && isSeq(items)) {
      if (depth >= MAX_LISTS) throw new Uneditable(node.range?.[0] ?? 0, `lists of lists, more than ${MAX_LISTS} deep`);
      const of = kind === "List" ? { apiVersion: "", kind: "" } : { apiVersion, kind: kind.slice(0, -"List".length) };
      for (const [index, item] of items.items.entries()) {
        const target = aliases.get(item as Alias) ?? (item as Node | null);
        visit(target, [...at, "items", index], of, depth + 1);
      }
      return;
    }
    if (kind !== "Namespace" && TEMPLATES[kind] === undefined) return;
    const metadata = ownPair(node, "metadata")?.value;
    const own = (key: string): string => {
      const pair = isMap(metadata) ? metadata.items.find((each) => keyText(each.key as Node, aliases) === key) : undefined;
      const value = reader.read((pair?.value ?? null) as Node | null);
      return typeof value === "string" || typeof value === "number" ? String(value) : "";
    };
    const template = templateOf(kind, apiVersion);
    found.push({
      apiVersion,
      kind,
      name: own("name"),
      namespace: own("namespace"),
      at,
      node,
      template: template ?? [],
      known: template !== null,
    });
  };
  visit(root, [], { apiVersion: "", kind: "" }, 0);
  return found;
}
