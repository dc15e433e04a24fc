import { formatAge } from "../../../lib/age.ts";
import { formatCell, parseJsonPath, valuesAt } from "../../../model/json-path.ts";
import type { TableColumn } from "../../../model/kind.ts";
import type { DefinitionVersion } from "./definition-schema.ts";

type ColumnDefinition = NonNullable<DefinitionVersion["additionalPrinterColumns"]>[number];

const NAME: TableColumn = {
  name: "Name",
  type: "string",
  format: "name",
  description: "Name must be unique within a namespace.",
  cell: ({ metadata }) => metadata.name,
};
const AGE: ColumnDefinition = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "Time since it was made.",
};

/** What `kubectl get` shows: the name, then the definition's columns, or the age where it has none. */
export function columnsOfVersion({ additionalPrinterColumns }: DefinitionVersion): readonly TableColumn[] {
  const own = additionalPrinterColumns === undefined || additionalPrinterColumns.length === 0 ? [AGE] : additionalPrinterColumns;
  return [NAME, ...own.map(columnOf)];
}

function columnOf({ name, type, format = "", description = "", priority = 0, jsonPath }: ColumnDefinition): TableColumn {
  const path = parseJsonPath(jsonPath) ?? [];
  return {
    name,
    type,
    format,
    description,
    priority,
    cell: (object, nowMs) => {
      const values = valuesAt(object, path);
      const [first] = values;
      if (first === undefined) return null;
      if (type === "string") return formatCell(values);
      if (type === "date") return ageOf(first, nowMs);
      // A value of another type than the column's is not shown.
      if (type === "boolean") return typeof first === "boolean" ? first : null;
      if (typeof first !== "number") return null;
      return type === "integer" ? Math.trunc(first) : first;
    },
  };
}

function ageOf(value: unknown, nowMs: number): string {
  const instantMs = Date.parse(String(value));
  return Number.isNaN(instantMs) ? "<invalid>" : formatAge(nowMs - instantMs);
}
