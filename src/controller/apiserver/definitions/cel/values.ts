import type { StructuralSchema } from "../../../../model/structural-schema.ts";
import { isPlainObject } from "../../merge-patch.ts";
import { fieldSchema } from "../schema/shape.ts";

/** Words of CEL that are no field names: fields of these names are written between double underscores. */
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(" "),
);

/**
 * A JSON value as rules see it: whole numbers where the schema says integer are CEL ints, instants are timestamps,
 * field names are escaped where CEL could not name them. What the schema does not specify is left as it is.
 */
export function celValueOf(value: unknown, schema: StructuralSchema | undefined): unknown {
  if (typeof value === "number") return schema?.type === "number" || !Number.isInteger(value) ? value : BigInt(value);
  if (typeof value === "string") return stringValue(value, schema?.format);
  if (Array.isArray(value)) return value.map((entry) => celValueOf(entry, schema?.items));
  if (!isPlainObject(value)) return value;
  const named = schema?.properties;
  const entries = Object.entries(value).map(([name, child]): [string, unknown] => [
    named !== undefined && Object.hasOwn(named, name) ? escapeField(name) : name,
    celValueOf(child, schema === undefined ? undefined : fieldSchema(schema, name)),
  ]);
  return Object.fromEntries(entries);
}

function stringValue(value: string, format: string | undefined): unknown {
  if (format !== "date-time" && format !== "datetime" && format !== "date") return value;
  const instantMs = Date.parse(value);
  return Number.isNaN(instantMs) ? value : new Date(instantMs);
}

/** https://kubernetes.io/docs/reference/using-api/cel/#escaping */
function escapeField(name: string): string {
  if (RESERVED.has(name)) return `__${name}__`;
  return name.replaceAll("__", "__underscores__").replaceAll(".", "__dot__").replaceAll("-", "__dash__").replaceAll("/", "__slash__");
}
