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
  const lines: string[] = [];
  blockLines(entries, "", "", lines);
  return lines;
}

/** `- item` as lines of block style. The same object gives the same lines: most pods get the same ones. */
export function emitItem(item: JsonObject): readonly string[] {
  const known = EMITTED.get(item);
  if (known !== undefined) return known;
  const lines: string[] = [];
  itemLines(item, "", lines);
  EMITTED.set(item, lines);
  return lines;
}

const EMITTED = new WeakMap<JsonObject, readonly string[]>();

/** `first` stands before the first line in the place of `pad`. */
function blockLines(entries: JsonObject, first: string, pad: string, lines: string[]): void {
  let before = first;
  for (const key of Object.keys(entries)) {
    pairLines(before, key, entries[key] as Json, pad, lines);
    before = pad;
  }
}

function pairLines(before: string, key: string, value: Json, pad: string, lines: string[]): void {
  const name = `${before}${emitPlain(key)}:`;
  if (typeof value === "string") lines.push(`${name} ${emitPlain(value)}`);
  else if (isBlockList(value)) {
    lines.push(name);
    for (const item of value) itemLines(item, `${pad}  `, lines);
  } else if (typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
    lines.push(name);
    blockLines(value as JsonObject, `${pad}  `, `${pad}  `, lines);
  } else lines.push(`${name} ${emitFlow(value)}`);
}

/** Lists of words stand better on one line. */
function isBlockList(value: Json): value is readonly Json[] {
  return Array.isArray(value) && value.some((each) => typeof each === "object");
}

function itemLines(item: Json, pad: string, lines: string[]): void {
  if (typeof item !== "object" || item === null || Array.isArray(item) || Object.keys(item).length === 0)
    lines.push(`${pad}- ${emitFlow(item)}`);
  else blockLines(item as JsonObject, `${pad}- `, `${pad}  `, lines);
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
