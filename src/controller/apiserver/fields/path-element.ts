/**
 * Path elements as FieldsV1 writes them: `f:NAME` a field or key, `k:{…}` an element by its keys,
 * `v:VALUE` an element of a set, `i:INDEX` an element by its place.
 */
export function fieldStep(name: string): string {
  return `f:${name}`;
}

export function valueStep(value: unknown): string {
  return `v:${JSON.stringify(value)}`;
}

/** `keys` in alphabetical order, as every API server writes them. */
export function keyStep(keys: readonly (readonly [name: string, value: unknown])[]): string {
  return `k:${JSON.stringify(Object.fromEntries(keys.toSorted(([left], [right]) => (left < right ? -1 : 1))))}`;
}

/** A path element in our spelling, or null when it is none. Other servers and people may order keys in another way. */
export function canonicalStep(text: string): string | null {
  const body = text.slice(2);
  switch (text.slice(0, 2)) {
    case "f:":
      return text;
    case "i:":
      return /^\d{1,9}$/.test(body) ? text : null;
    case "v:": {
      const value = parseJson(body);
      return value === undefined ? null : valueStep(value);
    }
    case "k:": {
      const value = parseJson(body);
      return typeof value === "object" && value !== null && !Array.isArray(value) ? keyStep(Object.entries(value)) : null;
    }
    default:
      return null;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A path as kubectl prints it: `.spec.ports[port=80,protocol="TCP"].targetPort`. */
export function formatPath(steps: readonly string[]): string {
  return steps.map(formatStep).join("");
}

function formatStep(step: string): string {
  const body = step.slice(2);
  switch (step.slice(0, 2)) {
    case "k:": {
      const keys = Object.entries(JSON.parse(body) as Record<string, unknown>);
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
    }
    case "v:":
      return `[=${body}]`;
    case "i:":
      return `[${body}]`;
    default:
      return `.${body}`;
  }
}
