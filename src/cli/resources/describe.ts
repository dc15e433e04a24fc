import { formatAge } from "../../lib/age.ts";
import type { Condition, KubeObject } from "../../model/object.ts";
import { LAST_APPLIED } from "../apply/last-applied.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";

const LABEL_WIDTH = 14;

/** An object upright: who it is, its fields in reading words, its conditions as a table. */
export function describeObject(object: KubeObject, nowMs: number, style: Style): string[] {
  const { apiVersion, kind, metadata, status, ...fields } = object;
  const { [LAST_APPLIED]: _record, ...annotations } = metadata.annotations ?? {};
  const lines = [
    field("Name", metadata.name),
    ...(metadata.namespace === undefined ? [] : [field("Namespace", metadata.namespace)]),
    ...pairs("Labels", metadata.labels ?? {}),
    ...pairs("Annotations", annotations),
    field("API version", apiVersion),
    field("Kind", kind),
  ];
  if (metadata.creationTimestamp !== undefined) {
    lines.push(field("Created", `${metadata.creationTimestamp} (${formatAge(nowMs - Date.parse(metadata.creationTimestamp))} ago)`));
  }
  for (const [name, value] of Object.entries(fields)) lines.push(...tree(title(name), value, 0));
  if (typeof status === "object" && status !== null) {
    const { conditions, parents, ...rest } = status as { conditions?: Condition[]; parents?: Parent[] };
    if (Object.keys(rest).length > 0) lines.push(...tree("Status", rest, 0));
    if (conditions?.length) lines.push("Conditions:", ...conditionTable(conditions, nowMs, style));
    for (const parent of parents ?? []) {
      lines.push(`Conditions for ${parentName(parent)}:`, ...conditionTable(parent.conditions ?? [], nowMs, style));
    }
  }
  return lines;
}

interface Parent {
  readonly parentRef?: { readonly kind?: string; readonly name?: string; readonly port?: number };
  readonly conditions?: readonly Condition[];
}

function parentName({ parentRef = {} }: Parent): string {
  return `${parentRef.kind ?? "Gateway"} ${parentRef.name ?? ""}${parentRef.port === undefined ? "" : `:${parentRef.port}`}`;
}

function conditionTable(conditions: readonly Condition[], nowMs: number, style: Style): string[] {
  const rows = conditions.map(({ type, status, reason, message, lastTransitionTime }) => [
    type,
    status === goodStatus(type) ? style.good(status) : style.bad(status),
    reason,
    formatAge(nowMs - Date.parse(lastTransitionTime)),
    printable(message),
  ]);
  return formatTable(["type", "status", "reason", "since", "message"], rows).map((line) => `  ${line}`);
}

/** Most conditions are good news when true. */
function goodStatus(type: string): string {
  return type === "Conflicted" || type === "PartiallyInvalid" ? "False" : "True";
}

function field(name: string, value: string): string {
  return `${`${name}:`.padEnd(LABEL_WIDTH)}${printable(value)}`;
}

function pairs(name: string, values: Readonly<Record<string, string>>): string[] {
  const entries = Object.entries(values).map(([key, value]) => printable(`${key}=${value}`));
  if (entries.length === 0) return [field(name, "<none>")];
  return entries.map((pair, index) => `${(index === 0 ? `${name}:` : "").padEnd(LABEL_WIDTH)}${pair}`);
}

/** Nested fields, two blanks deeper each; list entries start with a dash. */
function tree(name: string, value: unknown, depth: number): string[] {
  const indent = "  ".repeat(depth);
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== "object" || item === null)) return [`${indent}${name}: ${printable(value.join(", "))}`];
    return [`${indent}${name}:`, ...value.flatMap((item) => entry(item, depth + 1))];
  }
  if (typeof value === "object" && value !== null) {
    return [`${indent}${name}:`, ...Object.entries(value).flatMap(([key, inner]) => tree(title(key), inner, depth + 1))];
  }
  return [`${indent}${name}: ${printable(String(value))}`];
}

function entry(item: unknown, depth: number): string[] {
  const lines = Object.entries(item as object).flatMap(([key, inner]) => tree(title(key), inner, depth + 1));
  const indent = "  ".repeat(depth);
  return lines.map((line, index) => (index === 0 ? `${indent}- ${line.trimStart()}` : line));
}

/** `backendRefs` → `Backend Refs`, kubectl's way. Keys that are data, such as labels, stay as they are. */
function title(name: string): string {
  if (!/^[A-Za-z]+$/.test(name)) return printable(name);
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
