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
  // Every version of a kind has one shape: only its name differs.
  return version === kind.version ? stored.json : JSON.stringify({ ...stored.object, apiVersion: formatApiVersion(kind.group, version) });
}
