import { EXIT } from "../../lib/errors.ts";
import { conflictWarnings } from "../apply/conflicts.ts";
import { executeSteps } from "../apply/execute.ts";
import { changeOf, planApply } from "../apply/plan.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { loadManifests } from "../manifests/load.ts";
import { refusal } from "../manifests/refusal.ts";
import { formatProblem } from "../manifests/source.ts";
import { DRY_RUN, type DryRun, FILES, RECURSIVE, RESULT_OUTPUT, type ResultFormat } from "../options/output.ts";
import { FIELD_MANAGER_OPTION, FORCE_CONFLICTS, SERVER_SIDE, type ServerSideOptions, serverSideOf } from "../apply/server-side.ts";
import { formatJson, formatYaml } from "../output/structured.ts";
import { objectName } from "../resources/names.ts";

interface ApplyOptions extends ServerSideOptions {
  readonly filename?: readonly string[];
  readonly recursive?: boolean;
  readonly dryRun?: DryRun;
  readonly output: ResultFormat;
}

const NOTHING_DONE = "nothing was applied";

export const command = defineCommand<ApplyOptions>({
  description:
    "Creates and changes objects so that they are as the files say. All or nothing: every document is judged here and by the " +
    "server before the first is written, and every problem is told with file, line and column.\n\n" +
    "Fields that an earlier apply set and the files no longer have are removed; fields that others set stay.",
  options: [FILES, RECURSIVE, SERVER_SIDE, FIELD_MANAGER_OPTION, FORCE_CONFLICTS, DRY_RUN, RESULT_OUTPUT],
  examples: [
    { line: "meshctl apply -f mesh.yaml", text: "One file, any number of documents" },
    { line: "meshctl apply -f base -f extra.yaml -R", text: "A directory with its directories, and a file" },
    {
      line: "meshctl apply --server-side --field-manager ci -f mesh.yaml",
      text: "As an owner of the fields that the file sets, and of no others",
    },
    { line: "meshctl apply -f - --dry-run -o yaml < mesh.yaml", text: "What the server would make of it" },
  ],
  run,
});

async function run(context: Context, options: ApplyOptions): Promise<number> {
  const manifests = await loadManifests(context, options.filename ?? [], options.recursive ?? false, NOTHING_DONE);
  const client = await context.client();
  const { steps, problems } = await planApply(client, manifests, { serverSide: serverSideOf(options), local: options.dryRun === "client" });
  if (problems.length > 0) throw refusal(problems, NOTHING_DONE);

  const applied = options.dryRun
    ? steps.map((step) => ({ step, change: changeOf(step), object: step.result }))
    : await executeSteps(client, steps);
  const objects = applied.map(({ object }) => object);
  if (options.output === "json" || options.output === "yaml") {
    const value = objects.length === 1 ? objects[0] : { apiVersion: "v1", kind: "List", metadata: {}, items: objects };
    context.print(options.output === "json" ? formatJson(value) : formatYaml(value));
  } else {
    for (const { step, change } of applied) {
      const name = objectName(step.manifest.kind, step.manifest.object.metadata.name);
      context.print(options.output === "name" ? name : `${name} ${change}${options.dryRun ? " (dry run)" : ""}`);
    }
  }
  for (const { manifest } of steps) for (const warning of manifest.warnings) context.say(`Warning: ${formatProblem(warning)}`);
  if (!options.dryRun) {
    const changed = applied.map(({ step, object }) => ({ kind: step.manifest.kind, object }));
    for (const warning of await conflictWarnings(client, changed)) context.say(warning);
  }
  return EXIT.OK;
}
