import { closest } from "../lib/closest.ts";
import type { Violation } from "../lib/errors.ts";
import { LABEL } from "../messages/names.ts";
import { PREFIX, SERVICE_ACCOUNT_TOKEN } from "./names.ts";
import { INJECT_OPTIONS } from "./options.ts";
import type { PodSettings } from "./values.ts";

export interface ReadSettings {
  readonly settings: PodSettings;
  /** Annotations whose value cannot be used; paths are `metadata.annotations[…]` of the pod. */
  readonly violations: readonly Violation[];
  readonly warnings: readonly Violation[];
}

/** What the pod's own annotations say, over what holds for all pods. */
export function readSettings(annotations: Readonly<Record<string, unknown>>, common: PodSettings): ReadSettings {
  const violations: Violation[] = [];
  const changed: Record<string, unknown> = {};
  for (const { field, name, parse } of INJECT_OPTIONS) {
    const key = `${PREFIX}${name}`;
    const text = annotations[key];
    if (text === undefined) continue;
    const path = `metadata.annotations["${key}"]`;
    if (typeof text !== "string") {
      violations.push({ path, message: `${JSON.stringify(text)} is not text`, hint: "annotations are strings: put it in quotes" });
      continue;
    }
    const parsed = parse(text);
    if (parsed.ok) changed[field] = parsed.value;
    else violations.push({ path, message: `${JSON.stringify(text)} is not ${parsed.expected}` });
  }
  const settings = Object.keys(changed).length === 0 ? common : Object.freeze({ ...common, ...changed });
  return { settings, violations, warnings: misspelt(annotations) };
}

/** An annotation that nobody reads is most likely one that somebody meant. */
function misspelt(annotations: Readonly<Record<string, unknown>>): Violation[] {
  const known = [LABEL.INJECT, SERVICE_ACCOUNT_TOKEN, ...INJECT_OPTIONS.map(({ name }) => `${PREFIX}${name}`)];
  return Object.keys(annotations).flatMap((key) => {
    const meant =
      key.startsWith(PREFIX) && !known.includes(key)
        ? closest(
            key.slice(PREFIX.length),
            known.map((each) => each.slice(PREFIX.length)),
          )
        : null;
    if (meant === null) return [];
    return [
      { path: `metadata.annotations["${key}"]`, message: `no annotation of that name is read`, hint: `did you mean ${PREFIX}${meant}?` },
    ];
  });
}
