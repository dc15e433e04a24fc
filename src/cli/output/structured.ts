import { stringify } from "yaml";

/** Two blanks deep, as kubectl prints it; without a final line break. */
export function formatJson(value: unknown): string {
  return JSON.stringify(inOrder(value), null, 2);
}

/** Block style, never folded, without anchors: what it prints can be applied again. */
export function formatYaml(value: unknown): string {
  return stringify(inOrder(value), { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
}

/** An object of the mesh, and those of a list, with its fields in the order in which manifests are read; anything else as it is. */
function inOrder(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("apiVersion" in value) || !("kind" in value)) return value;
  const { apiVersion, kind, metadata, spec, status, ...rest } = value as Record<string, unknown>;
  const items = Array.isArray(rest.items) ? { items: rest.items.map(inOrder) } : {};
  return { apiVersion, kind, ...given({ metadata, spec }), ...rest, ...items, ...given({ status }) };
}

function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
