import { UserError } from "../../lib/errors.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import { formatApiVersion } from "../../model/api-version.ts";
import { allKinds } from "../../policies/kinds.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { parseSwitch } from "../options/output.ts";
import { formatTable } from "../output/table.ts";
import { discoverKinds } from "../resources/served-kinds.ts";

interface ApiResourcesOptions {
  readonly output: "table" | "wide" | "name";
  readonly apiGroup?: string;
  readonly namespaced?: boolean;
  readonly headers: boolean;
}

export const command = defineCommand<ApiResourcesOptions>({
  description:
    "Lists the kinds of objects: what get, describe and apply take. Kinds that the server has beside those of the mesh are listed where it answers.",
  options: [
    { flags: "-o, --output <format>", description: "wide adds what each is for", choices: ["table", "wide", "name"], default: "table" },
    { flags: "--api-group <group>", description: "only kinds of this group" },
    {
      flags: "--namespaced [yes]",
      description: "only kinds with namespaces; with =false only those without",
      bare: "true",
      parse: parseSwitch,
    },
    { flags: "--no-headers", description: "leave the line of column names out" },
  ],
  examples: [
    { line: "meshctl api-resources -o wide", text: "Every kind, with its purpose" },
    { line: "meshctl api-resources --api-group meshctl.dev --namespaced=false -o name", text: "Names for scripts" },
  ],
  run,
});

async function run(context: Context, { output, apiGroup, namespaced, headers }: ApiResourcesOptions): Promise<void> {
  const known = allKinds();
  const kinds = [...known.all, ...(await othersServed(context))].filter(
    (kind) => (apiGroup === undefined || kind.group === apiGroup) && (namespaced === undefined || kind.namespaced === namespaced),
  );
  if (output === "name") {
    for (const { plural, group } of kinds) context.print(group === "" ? plural : `${plural}.${group}`);
    return;
  }
  const names = ["name", "shortnames", "apiversion", "namespaced", "kind", ...(output === "wide" ? ["description"] : [])];
  const lines = formatTable(
    names,
    kinds.map((kind) => [
      kind.plural,
      (kind.shortNames ?? []).join(","),
      formatApiVersion(kind.group, kind.version),
      String(kind.namespaced),
      kind.kind,
      ...(output === "wide" ? [kind.description] : []),
    ]),
  );
  for (const line of headers ? lines : lines.slice(1)) context.print(line);
}

/** Without a server the kinds of the mesh are all that can be said. */
async function othersServed(context: Context): Promise<readonly KindDescriptor[]> {
  try {
    return await discoverKinds(await context.client(), allKinds());
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}
