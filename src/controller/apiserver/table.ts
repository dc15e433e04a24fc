import { formatAge } from "../../lib/age.ts";
import { formatApiVersion } from "../../model/api-version.ts";
import { formatCell, parseJsonPath, valuesAt } from "../../model/json-path.ts";
import type { KindDescriptor, PrinterColumn, TableColumn } from "../../model/kind.ts";
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
  const columns = columnsOf(kind);
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: { resourceVersion },
    columnDefinitions: options.withColumns ? columns.map(definitionOf) : [],
    rows: items.map((stored) => {
      const object = kind.readAs?.(stored.object) ?? stored.object;
      return { cells: columns.map((column) => column.cell(object, options.nowMs)), ...objectOf(kind, stored, options) };
    }),
  };
}

/** Cells of every column, those of `-o wide` too, but for dates: what they show changes by itself. */
export function shownCells(kind: KindDescriptor, object: KubeObject): readonly unknown[] {
  return columnsOf(kind)
    .filter(({ type }) => type !== "date")
    .map((column) => column.cell(object, 0));
}

const columnsByKind = new WeakMap<KindDescriptor, readonly TableColumn[]>();

/** Columns that are always shown come before those of `-o wide`, Age in between: as kubectl users expect. */
function columnsOf(kind: KindDescriptor): readonly TableColumn[] {
  let columns = kind.table ?? columnsByKind.get(kind);
  if (columns === undefined) {
    const own = kind.columns ?? [];
    columns = [NAME, ...own.filter((column) => !column.priority), AGE, ...own.filter((column) => column.priority)].map(computed);
    columnsByKind.set(kind, columns);
  }
  return columns;
}

function computed(column: PrinterColumn): TableColumn {
  const path = parseJsonPath(column.jsonPath) ?? [];
  const format = column === NAME ? "name" : "";
  return { ...column, format, cell: (object, nowMs) => cellOf(column, valuesAt(object, path), nowMs) };
}

function definitionOf({ name, type, format = "", description, priority = 0 }: TableColumn): object {
  return { name, type, format, description, priority };
}

function cellOf(column: PrinterColumn, values: readonly unknown[], nowMs: number): string | number | boolean | null {
  if (values.length === 0) return column.type === "string" ? "<none>" : null;
  if (column.type === "date") {
    const instantMs = Date.parse(String(values[0]));
    return Number.isNaN(instantMs) ? "<unknown>" : formatAge(nowMs - instantMs);
  }
  if (column.type === "string") return formatCell(values);
  const [value] = values;
  return values.length === 1 && (typeof value === "number" || typeof value === "boolean") ? value : formatCell(values);
}

function objectOf(kind: KindDescriptor, stored: Stored, options: TableOptions): object {
  if (options.includeObject === "None") return {};
  if (options.includeObject === "Metadata") return { object: partialOf(stored, options.version) };
  return {
    object: { ...(kind.readAs?.(stored.object) ?? stored.object), apiVersion: formatApiVersion(kind.group, options.objectVersion) },
  };
}
