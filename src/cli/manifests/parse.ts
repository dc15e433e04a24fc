import { type Document, isCollection, isMap, isPair, isScalar, LineCounter, type Node, parseAllDocuments } from "yaml";
import type { ManifestProblem, ManifestSource } from "./source.ts";

/** One object of a manifest, and where its fields stand. */
export interface ManifestDocument {
  readonly source: string;
  /** Plain values, as JSON would give them; not yet known to be an object of ours. */
  readonly value: Record<string, unknown>;
  /** Line and column (from 1) of a field, or of its nearest parent that is there. */
  locate(path: readonly (string | number)[]): { readonly line: number; readonly column: number };
}

/** Aliases in one document; more is an attempt to blow up memory ("billion laughs"). */
const MAX_ALIASES = 100;

/** Every YAML or JSON document of a source; empty ones are skipped, `kind: List` is opened. Never throws. */
export function parseManifests(source: ManifestSource): { documents: ManifestDocument[]; problems: ManifestProblem[] } {
  const lines = new LineCounter();
  const documents: ManifestDocument[] = [];
  const problems: ManifestProblem[] = [];
  const parsed = parseAllDocuments(source.text, { lineCounter: lines, prettyErrors: false, version: "1.2", merge: true });
  for (const document of Array.isArray(parsed) ? parsed : []) {
    if (document.errors.length > 0) {
      problems.push(...document.errors.slice(0, 10).map((error) => problemAt(source, lines, error.pos[0], plainWords(error.message))));
      continue;
    }
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) continue;
    const at = (offset: number) => lines.linePos(offset);
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      problems.push(problemAt(source, lines, document.range[0], plainWords(String((error as Error).message))));
      continue;
    }
    if (!isRecord(value)) {
      problems.push(
        problemAt(source, lines, startOf(document), `not an object: expected apiVersion, kind and metadata, found ${describe(value)}`),
      );
      continue;
    }
    for (const { item, prefix } of itemsOf(value)) {
      if (!isRecord(item)) {
        const place = at(offsetOf(document, prefix));
        problems.push({ source: source.name, line: place.line, column: place.col, message: `not an object: found ${describe(item)}` });
        continue;
      }
      documents.push({
        source: source.name,
        value: item,
        locate(path) {
          const { line, col } = at(offsetOf(document, [...prefix, ...path]));
          return { line, column: col };
        },
      });
    }
  }
  return { documents, problems };
}

function itemsOf(value: Record<string, unknown>): { item: unknown; prefix: (string | number)[] }[] {
  if (value.kind !== "List" || !Array.isArray(value.items)) return [{ item: value, prefix: [] }];
  return value.items.map((item: unknown, index) => ({ item, prefix: ["items", index] }));
}

/** Offset of the key at `path` (of the item in a list), or of the nearest parent that exists. */
function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number {
  let node: unknown = document.contents;
  let offset = startOf(document);
  for (const step of path) {
    if (!isCollection(node)) break;
    const entry = isMap(node)
      ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      : node.items[Number(step)];
    if (entry === undefined) break;
    const named: unknown = isPair(entry) ? entry.key : entry;
    offset = (named as Node | null)?.range?.[0] ?? offset;
    node = isPair(entry) ? entry.value : entry;
  }
  return offset;
}

function startOf(document: Document.Parsed): number {
  return document.contents?.range?.[0] ?? document.range[0];
}

function problemAt(source: ManifestSource, lines: LineCounter, offset: number, message: string): ManifestProblem {
  const { line, col } = lines.linePos(offset);
  return { source: source.name, line, column: col, message };
}

function plainWords(message: string): string {
  const [first = ""] = message.split("\n", 1);
  return `not valid YAML: ${first.charAt(0).toLowerCase()}${first.slice(1)}`;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "string" ? "text" : `a ${typeof value}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
