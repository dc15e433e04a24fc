import type { Json, JsonObject } from "../json.ts";

/** Text of values, in YAML that any reader takes. */

/** One line that is JSON too. */
export function emitFlow(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(emitFlow).join(", ")}]`;
  if (typeof value !== "object" || value === null) return emitQuoted(value as string | number | boolean | null);
  return `{${emitFlowEntries(value as JsonObject)}}`;
}

/** What stands between the braces. */
export function emitFlowEntries(entries: JsonObject): string {
  return Object.entries(entries)
    .map(([key, each]) => `${JSON.stringify(key)}: ${emitFlow(each)}`)
    .join(", ");
}

/** `key: value` of each entry as lines of block style, without indentation of their own. */
export function emitBlock(entries: JsonObject): string[] {
  return Object.entries(entries).flatMap(([key, value]) => emitPair(key, value));
}

/** `- item` as lines of block style. */
export function emitItem(item: Json): string[] {
  return itemLines(item);
}

function emitPair(key: string, value: Json): string[] {
  const name = emitPlain(key);
  if (Array.isArray(value) && value.length > 0) {
    const items = value as readonly Json[];
    // Short lists of words stand better on one line.
    if (items.every((each) => typeof each !== "object")) return [`${name}: [${items.map((each) => emitFlow(each)).join(", ")}]`];
    return [`${name}:`, ...items.flatMap(itemLines).map(indent)];
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
    return [`${name}:`, ...emitBlock(value as JsonObject).map(indent)];
  }
  return [`${name}: ${typeof value === "string" ? emitPlain(value) : emitFlow(value)}`];
}

function itemLines(item: Json): string[] {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return [`- ${emitFlow(item)}`];
  const [first = "{}", ...rest] = emitBlock(item as JsonObject);
  return [`- ${first}`, ...rest.map(indent)];
}

function indent(line: string): string {
  return `  ${line}`;
}

/** Without quotes where no reader could take it for anything but this text; JSON in a text stands in single quotes. */
function emitPlain(text: string): string {
  if (/^[A-Za-z/][A-Za-z0-9_./-]*(:[A-Za-z0-9_./-]+)*$/.test(text) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(text)) return text;
  if (text.includes('"') && /^[\x20-\x7e]*$/.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return emitQuoted(text);
}

function emitQuoted(value: string | number | boolean | null): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
