import { formatAge } from "../../lib/age.ts";
import { formatApiVersion } from "../../model/api-version.ts";
import { formatCell, parseJsonPath, valuesAt } from "../../model/json-path.ts";
import type { KindDescriptor, PrinterColumn } from "../../model/kind.ts";
import type { KubeObject } from "../../model/object.ts";
import { partialOf } from "./partial.ts";
import type { Stored } from "./store/contract.ts";

export interface TableOptions {
  /** Of meta.k8s.io: `v1` or `v1beta1`. */
  readonly version: string;
  /** What stands beside the cells of each row. */
  readonly includeObject: "None" | "Metadata" | "Object";
  /** For ages. */
  readonly nowMs: number;
  /** False after the first event of a watch. */
  readonly withColumns: boolean;
  /** Of the objects in rows. */
  readonly objectVersion: string;
}

const NAME: PrinterColumn = { name: "Name", type: "string", jsonPath: ".metadata.name", description: "Name of the object." };
const AGE: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since it was made." };

/** `meta.k8s.io Table`: the server decides what `kubectl get` shows. */
export function tableOf(kind: KindDescriptor, items: readonly Stored[], resourceVersion: string, options: TableOptions): object {
  const columns = columnsOf(kind).map((column) => ({ column, path: parseJsonPath(column.jsonPath) ?? [] }));
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: { resourceVersion },
    columnDefinitions: options.withColumns ? columns.map(({ column }) => definitionOf(column)) : [],
    rows: items.map((stored) => ({
      cells: columns.map(({ column, path }) => cellOf(column, valuesAt(stored.object, path), options.nowMs)),
      ...objectOf(kind, stored, options),
    })),
  };
}

/** Cells of every column, those of `-o wide` too, but for dates: what they show changes by itself. */
export function shownCells(kind: KindDescriptor, object: KubeObject): readonly unknown[] {
  return columnsOf(kind)
    .filter(({ type }) => type !== "date")
    .map((column) => cellOf(column, valuesAt(object, parseJsonPath(column.jsonPath) ?? []), 0));
}

/** Columns that are always shown come before those of `-o wide`, Age in between: as kubectl users expect. */
function columnsOf(kind: KindDescriptor): readonly PrinterColumn[] {
  const own = kind.columns ?? [];
  return [NAME, ...own.filter((column) => !column.priority), AGE, ...own.filter((column) => column.priority)];
}

function definitionOf({ name, type, description, priority = 0 }: PrinterColumn): object {
  return { name, type, format: name === "Name" ? "name" : "", description, priority };
}

function cellOf(column: PrinterColumn, values: readonly unknown[], nowMs: number): unknown {
  if (values.length === 0) return column.type === "string" ? "<none>" : null;
  if (column.type === "date") {
    const instantMs = Date.parse(String(values[0]));
    return Number.isNaN(instantMs) ? "<unknown>" : formatAge(nowMs - instantMs);
  }
  if (column.type === "string") return formatCell(values);
  return values.length === 1 ? values[0] : formatCell(values);
}

function objectOf(kind: KindDescriptor, stored: Stored, options: TableOptions): object {
  if (options.includeObject === "None") return {};
  if (options.includeObject === "Metadata") return { object: partialOf(stored, options.version) };
  return { object: { ...stored.object, apiVersion: formatApiVersion(kind.group, options.objectVersion) } };
}
