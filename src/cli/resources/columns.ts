import { formatAge } from "../../lib/age.ts";
import { formatCell, parseJsonPath, valuesAt } from "../../model/json-path.ts";
import type { KindDescriptor, PrinterColumn } from "../../model/kind.ts";
import type { KubeObject } from "../../model/object.ts";
import { printable } from "../output/printable.ts";

export interface TableOptions {
  readonly wide: boolean;
  readonly withNamespace: boolean;
  readonly showLabels: boolean;
  /** Labels with a column each. */
  readonly labelColumns: readonly string[];
  /** `httproute.gateway.networking.k8s.io/` before the name, where several kinds stand in one answer. */
  readonly namePrefix?: string;
}

/** Headers of `get` for a kind: NAME, its own columns, AGE. */
export function headersFor(kind: KindDescriptor, { wide, withNamespace, showLabels, labelColumns }: TableOptions): string[] {
  const own = columnsOf(kind, wide).map(({ name }) => name);
  return [...(withNamespace ? ["namespace"] : []), "name", ...own, "age", ...labelColumns.map(lastPart), ...(showLabels ? ["labels"] : [])];
}

/** One object's cells under {@link headersFor}. */
export function rowFor(object: KubeObject, kind: KindDescriptor, options: TableOptions, nowMs: number): string[] {
  const { name, namespace = "", creationTimestamp, labels = {} } = object.metadata;
  const own = columnsOf(kind, options.wide).map((column) => cellFor(object, column, nowMs));
  return [
    ...(options.withNamespace ? [namespace] : []),
    `${options.namePrefix ?? ""}${name}`,
    ...own,
    creationTimestamp === undefined ? "" : formatAge(nowMs - Date.parse(creationTimestamp)),
    ...options.labelColumns.map((label) => labels[label] ?? ""),
    ...(options.showLabels ? [formatCell([labels])] : []),
  ];
}

/** `meshctl.dev/service` → `service`. */
function lastPart(label: string): string {
  return label.slice(label.lastIndexOf("/") + 1);
}

function columnsOf(kind: KindDescriptor, wide: boolean): readonly PrinterColumn[] {
  return (kind.columns ?? []).filter(({ priority = 0 }) => wide || priority === 0);
}

function cellFor(object: KubeObject, column: PrinterColumn, nowMs: number): string {
  const path = parseJsonPath(column.jsonPath);
  const values = path === null ? [] : valuesAt(object, path);
  const [first] = values;
  if (column.type === "date") return typeof first === "string" ? formatAge(nowMs - Date.parse(first)) : "";
  return printable(formatCell(values));
}
