import { formatApiVersion } from "../../model/api-version.ts";
import { structuralSchemaOf } from "../../model/structural-schema.ts";
import { allKinds } from "../../policies/kinds.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { createStyle } from "../output/style.ts";
import { describeFields, fieldAt } from "../resources/fields.ts";
import { resolveKind } from "../resources/select.ts";
import { kindsFor } from "../resources/served-kinds.ts";
import { servedSchema } from "../resources/served-schema.ts";

interface ExplainOptions {
  readonly recursive?: boolean;
}

export const command = defineCommand<ExplainOptions>({
  description: "Says what a kind is for and what its fields mean, from the schema that judges them.",
  arguments: [{ syntax: "<path>", description: "KIND or KIND.field.field", completes: "kind" }],
  options: [{ flags: "-R, --recursive", description: "every field below, without descriptions" }],
  examples: [
    { line: "meshctl explain faultinjection.spec.rules", text: "The fields of a fault's rules" },
    { line: "meshctl explain httproute -R", text: "Every field of a route at a glance" },
  ],
  run,
});

async function run(context: Context, { recursive = false }: ExplainOptions, path: string): Promise<void> {
  const parts = path.split(".");
  const kinds = await kindsFor(context.client, (known) => parts.some((_part, index) => known.resolve(parts.slice(0, index + 1).join("."))));
  // A kind's full name has dots too: the longest word that names a kind is it.
  let length = parts.length;
  while (length > 1 && !kinds.resolve(parts.slice(0, length).join("."))) length -= 1;
  const kind = resolveKind(parts.slice(0, length).join("."), kinds);
  const fields = parts.slice(length);
  const own = allKinds().all.includes(kind) ? structuralSchemaOf(kind.schema) : await servedSchema(await context.client(), kind);
  const schema = fieldAt(kind, own, fields);
  const style = createStyle(context.colour.stdout);
  context.print(`KIND:     ${kind.kind}`);
  context.print(`VERSION:  ${formatApiVersion(kind.group, kind.version)}`);
  if (fields.length > 0) context.print(`FIELD:    ${fields.join(".")} <${schema.type ?? "any"}>`);
  context.print("");
  context.print(fields.length === 0 ? kind.description : (schema.description ?? "No description."));
  const lines = describeFields(schema, style, recursive);
  if (lines.length > 0) context.print("\nFIELDS:");
  for (const line of lines) context.print(line);
}
