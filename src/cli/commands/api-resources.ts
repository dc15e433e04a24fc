import { formatApiVersion } from "../../model/api-version.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { allKinds } from "../../policies/kinds.ts";
import { formatTable } from "../output/table.ts";

interface ApiResourcesOptions {
  readonly output: "table" | "wide" | "name";
}

export const command = defineCommand<ApiResourcesOptions>({
  description: "Lists the kinds of objects: what get, describe and apply take.",
  options: [
    { flags: "-o, --output <format>", description: "wide adds what each is for", choices: ["table", "wide", "name"], default: "table" },
  ],
  examples: [{ line: "meshctl api-resources -o wide", text: "Every kind, with its purpose" }],
  run,
});

async function run(context: Context, { output }: ApiResourcesOptions): Promise<void> {
  if (output === "name") {
    for (const { plural, group } of allKinds().all) context.print(group === "" ? plural : `${plural}.${group}`);
    return;
  }
  const headers = ["name", "shortnames", "apiversion", "namespaced", "kind", ...(output === "wide" ? ["description"] : [])];
  const rows = allKinds().all.map(({ plural, shortNames = [], group, version, namespaced, kind, description }) => [
    plural,
    shortNames.join(","),
    formatApiVersion(group, version),
    String(namespaced),
    kind,
    ...(output === "wide" ? [description] : []),
  ]);
  for (const line of formatTable(headers, rows)) context.print(line);
}
