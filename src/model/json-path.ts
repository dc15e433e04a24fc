/** One step of a printer column's path. `"*"` is every entry; a filter keeps the entries whose field has the value. */
type Step = string | number | { readonly field: string; readonly value: string };

const STEP = /\.([A-Za-z_][\w-]*)|\[(\d+|\*)\]|\['([^']+)'\]|\[\?\(@\.([\w-]+)\s*==\s*(?:'([^']*)'|"([^"]*)")\)\]/y;

/**
 * Simple JSONPath of CRD printer columns: `.spec.services[*].name`, `.metadata.labels['a/b']`,
 * `.status.conditions[?(@.type=='Accepted')].status`. Null when it is not one.
 */
export function parseJsonPath(text: string): readonly Step[] | null {
  const steps: Step[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < text.length) {
    const match = STEP.exec(text);
    if (match === null) return null;
    const [, word, index, quoted, field, single, double] = match;
    if (field !== undefined) steps.push({ field, value: single ?? double ?? "" });
    else steps.push(word ?? quoted ?? (index === "*" ? "*" : Number(index)));
  }
  return steps;
}

/** Every value `path` leads to; empty when it leads nowhere. */
export function valuesAt(value: unknown, path: readonly Step[]): readonly unknown[] {
  let found: unknown[] = [value];
  for (const step of path) {
    const next: unknown[] = [];
    for (const item of found) {
      if (step === "*") next.push(...(Array.isArray(item) ? item : []));
      else if (typeof step === "object")
        next.push(...(Array.isArray(item) ? item.filter((entry) => hasField(entry, step.field, step.value)) : []));
      else if (typeof item === "object" && item !== null && Object.hasOwn(item, step))
        next.push((item as Record<string | number, unknown>)[step]);
    }
    found = next;
  }
  return found.filter((item) => item !== undefined && item !== null);
}

function hasField(entry: unknown, field: string, value: string): boolean {
  return typeof entry === "object" && entry !== null && Object.hasOwn(entry, field) && (entry as Record<string, unknown>)[field] === value;
}

/** What a table cell shows: values joined by commas, maps as `key=value`, nothing as the empty string. */
export function formatCell(values: readonly unknown[]): string {
  return values.map(cellText).join(",");
}

function cellText(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return value.map(cellText).join(",");
  return Object.entries(value)
    .map(([key, item]) => `${key}=${cellText(item)}`)
    .join(",");
}
