import { VERSION } from "../lib/version.ts";
import { isObject } from "./json.ts";

/**
 * Steps from the workload down. An item of `containers`, `initContainers` or `volumes` is named (`[web]`), because insertions
 * and people move it; items of other lists are counted.
 */
export type RecordPath = readonly (string | number)[];

/** One change and how to undo it. */
export type RecordedChange =
  /** A key that was not there. */
  | readonly ["add", RecordPath]
  /** An item, with its list and name, that was not there. */
  | readonly ["item", RecordPath, string]
  /** The value at the path, in the text's own words. */
  | readonly ["value", RecordPath, string]
  /** The pair (key and value) that the one at the path stands for, in the text's own words, and its column (from 0). */
  | readonly ["pair", RecordPath, string, number];

/** What `uninject` needs; annotation `meshctl.dev/injection`. */
export interface InjectionRecord {
  readonly v: 1;
  /** Of the meshctl that injected. */
  readonly version: string;
  readonly changes: readonly RecordedChange[];
}

/** ASCII only, one line: it stands in quotes of any style. */
export function formatRecord(changes: readonly RecordedChange[]): string {
  const record: InjectionRecord = { v: 1, version: VERSION, changes };
  return JSON.stringify(record).replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Null when it is none that this version can read. */
export function parseRecord(text: string): InjectionRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || value.v !== 1 || typeof value.version !== "string" || !Array.isArray(value.changes)) return null;
  return (value.changes as unknown[]).every(isChange) ? (value as unknown as InjectionRecord) : null;
}

function isChange(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const [op, path, text, column] = value as unknown[];
  if (!Array.isArray(path) || !path.every((step) => typeof step === "string" || typeof step === "number")) return false;
  if (op === "add") return true;
  if (op === "pair") return typeof text === "string" && typeof column === "number";
  return (op === "item" || op === "value") && typeof text === "string";
}
