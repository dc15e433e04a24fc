import type { KubeObject } from "../../model/object.ts";
import type { Context } from "../context.ts";
import { formatJson, formatYaml } from "../output/structured.ts";

export type ManifestFormat = "yaml" | "json";

/** As a stream of documents, or as one List: what `kubectl apply -f -` takes. */
export function printManifests(context: Context, objects: readonly KubeObject[], format: ManifestFormat): void {
  if (format === "json") context.print(formatJson({ apiVersion: "v1", kind: "List", items: objects }));
  else context.print(objects.map((object) => `---\n${formatYaml(object)}`).join("\n"));
}
