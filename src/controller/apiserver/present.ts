import { formatApiVersion } from "../../model/api-version.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import { partialOf } from "./partial.ts";
import type { Stored } from "./store/contract.ts";
import { tableOf, type TableOptions } from "./table.ts";

/** What is sent for one stored object. */
export type Presentation =
  | { readonly as: "object" }
  | { readonly as: "PartialObjectMetadata"; readonly version: string }
  | { readonly as: "Table"; readonly options: TableOptions };

/** JSON text of one object, in the version and form the client asked for. */
export function presentObject(kind: KindDescriptor, version: string, stored: Stored, form: Presentation): string {
  if (form.as === "PartialObjectMetadata") return JSON.stringify(partialOf(stored, form.version));
  if (form.as === "Table") return JSON.stringify(tableOf(kind, [stored], String(stored.revision), form.options));
  const object = kind.readAs?.(stored.object) ?? stored.object;
  const apiVersion = formatApiVersion(kind.group, version);
  // The text exists already: printing it again would cost most of a list's time.
  return object === stored.object && object.apiVersion === apiVersion ? stored.json : JSON.stringify({ ...object, apiVersion });
}
