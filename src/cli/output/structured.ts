import { stringify } from "yaml";

/** Two blanks deep, as kubectl prints it; without a final line break. */
export function formatJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** Block style, never folded, without anchors: what it prints can be applied again. */
export function formatYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
}
