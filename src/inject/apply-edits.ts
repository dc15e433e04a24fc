import type { PodEdit, PodPath } from "./edits.ts";
import { isObject, type Json, type JsonObject, objectOf } from "./json.ts";

/** The pod after the edits, as a new value. */
export function applyEdits(pod: JsonObject, edits: readonly PodEdit[]): JsonObject {
  // Insertions move what stands behind them: paths are those of the pod as it was.
  const ordered = [...edits].sort((left, right) => Number(left.op === "insert-items") - Number(right.op === "insert-items"));
  return ordered.reduce((value, edit) => objectOf(changeAt(value, edit.path, (at) => change(at, edit))), pod);
}

function change(at: Json | undefined, edit: PodEdit): Json {
  switch (edit.op) {
    case "add-keys":
      return { ...objectOf(at), ...edit.entries };
    case "insert-items":
      return [...edit.items, ...(Array.isArray(at) ? (at as readonly Json[]) : [])];
    case "replace-value":
      return edit.value;
    case "replace-pair": {
      const entries = Object.entries(objectOf(at));
      return Object.fromEntries(entries.map(([key, value]) => (key === edit.key ? [edit.newKey, edit.value] : [key, value])));
    }
  }
}

export function changeAt(value: Json | undefined, path: PodPath, make: (at: Json | undefined) => Json): Json {
  const [step, ...rest] = path;
  if (step === undefined) return make(value);
  if (Array.isArray(value)) return (value as readonly Json[]).map((item, index) => (index === step ? changeAt(item, rest, make) : item));
  const object = isObject(value) ? value : {};
  return { ...object, [step]: changeAt(object[step], rest, make) };
}

/** What stands at `path`. */
export function valueAt(value: Json | undefined, path: PodPath): Json | undefined {
  return path.reduce<Json | undefined>(
    (at, step) => (Array.isArray(at) ? (at as readonly Json[])[Number(step)] : objectOf(at)[step]),
    value,
  );
}
