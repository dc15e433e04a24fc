import { type Alias, type Document, isAlias, isMap, isPair, isScalar, isSeq, type Node, type Pair, type YAMLMap } from "yaml";

/** What one walk over a document finds. */
export interface Survey {
  /** Every alias with the node it stands for, in the order of the text. */
  readonly aliases: ReadonlyMap<Alias, Node>;
  /** Has anchors, tags or explicit keys: edits are checked by reading the result again. */
  readonly unusual: boolean;
}

interface Flaw {
  readonly offset: number;
  readonly message: string;
}

/** Key given twice, alias of nothing, alias of what contains it; or what there is. Linear in the document. */
export function surveyDocument(document: Document.Parsed): Survey | Flaw {
  const walk = new Walk();
  walk.node(document.contents as Node | null);
  return walk.flaw ?? { aliases: walk.aliases, unusual: walk.unusual };
}

class Walk {
  readonly aliases = new Map<Alias, Node>();
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  unusual = false;
  flaw: Flaw | null = null;

  node(node: Node | null): void {
    if (node === null || this.flaw !== null) return;
    if (isAlias(node)) return this.#alias(node);
    if (node.anchor !== undefined && node.anchor !== "") {
      this.unusual = true;
      this.#anchors.set(node.anchor, node);
    }
    if (isScalar(node)) return;
    this.#open.add(node);
    if (isMap(node)) this.#map(node as YAMLMap<Node, Node | null>);
    else if (isSeq(node)) for (const item of node.items) this.node(isPair(item) ? (item.value as Node | null) : (item as Node | null));
    this.#open.delete(node);
  }

  #map(map: YAMLMap<Node, Node | null>): void {
    const seen = new Set<unknown>();
    for (const pair of map.items) {
      if (hasExplicitKey(pair)) this.unusual = true;
      const { key } = pair;
      if (isScalar(key) && key.value !== "<<") {
        const name = key.value === null ? "null" : String(key.value);
        if (seen.has(name)) this.flaw ??= { offset: key.range?.[0] ?? 0, message: `key ${JSON.stringify(name)} stands there twice` };
        seen.add(name);
      } else if (!isScalar(key)) this.node(key);
      this.node(pair.value);
    }
  }

  #alias(alias: Alias): void {
    this.unusual = true;
    const target = this.#anchors.get(alias.source);
    const offset = alias.range?.[0] ?? 0;
    if (target === undefined) this.flaw ??= { offset, message: `*${alias.source} has no anchor before it` };
    else if (this.#open.has(target)) this.flaw ??= { offset, message: `*${alias.source} stands for something that contains it` };
    else this.aliases.set(alias, target);
  }
}

function hasExplicitKey(pair: Pair): boolean {
  return pair.srcToken?.start.some(({ type }) => type !== "space" && type !== "newline" && type !== "comment" && type !== "comma") ?? false;
}
