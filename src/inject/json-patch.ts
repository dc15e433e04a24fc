import type { PodEdit, PodPath } from "./edits.ts";
import type { Json } from "./json.ts";

/** RFC 6902, as far as injection needs it. */
export type PatchOperation =
  | { readonly op: "add" | "replace"; readonly path: string; readonly value: Json }
  | { readonly op: "remove"; readonly path: string };

/** Edits of a pod as JSON Patch. Later operations see what earlier ones did: changes by index come before insertions. */
export function toJsonPatch(edits: readonly PodEdit[]): PatchOperation[] {
  const inPlace = edits.filter(({ op }) => op !== "insert-items");
  const insertions = edits.filter(({ op }) => op === "insert-items");
  return [...inPlace, ...insertions].flatMap(operations);
}

function operations(edit: PodEdit): PatchOperation[] {
  switch (edit.op) {
    case "add-keys":
      return Object.entries(edit.entries).map(([key, value]) => ({ op: "add", path: pointer([...edit.path, key]), value }));
    case "insert-items":
      return edit.items.map((value, index) => ({ op: "add", path: pointer([...edit.path, index]), value }));
    case "replace-value":
      return [{ op: "replace", path: pointer(edit.path), value: edit.value }];
    case "replace-pair": {
      const { path, key, newKey, value } = edit;
      if (key === newKey) return [{ op: "replace", path: pointer([...path, key]), value }];
      return [
        { op: "remove", path: pointer([...path, key]) },
        { op: "add", path: pointer([...path, newKey]), value },
      ];
    }
  }
}

/** RFC 6901. */
function pointer(path: PodPath): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
