import { EXIT } from "../../lib/errors.ts";
import type { KubeObject } from "../../model/object.ts";
import { LAST_APPLIED } from "../apply/last-applied.ts";
import { planApply } from "../apply/plan.ts";
import { FIELD_MANAGER_OPTION, FORCE_CONFLICTS, SERVER_SIDE, type ServerSideOptions, serverSideOf } from "../apply/server-side.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { loadManifests } from "../manifests/load.ts";
import { refusal } from "../manifests/refusal.ts";
import { FILES, RECURSIVE } from "../options/output.ts";
import { createStyle, type Style } from "../output/style.ts";
import { formatYaml } from "../output/structured.ts";
import { unifiedDiff } from "../output/unified-diff.ts";
import { objectName } from "../resources/names.ts";

interface DiffOptions extends ServerSideOptions {
  readonly filename?: readonly string[];
  readonly recursive?: boolean;
}

const NOTHING_DONE = "nothing was compared";

export const command = defineCommand<DiffOptions>({
  description: "Shows what `apply` would change, as the server would store it. Exit code 0 when nothing, 1 when something would change.",
  options: [FILES, RECURSIVE, SERVER_SIDE, FIELD_MANAGER_OPTION, FORCE_CONFLICTS],
  examples: [
    { line: "meshctl diff -f mesh.yaml", text: "Before applying" },
    {
      line: "meshctl diff --server-side --field-manager ci --force-conflicts -f mesh.yaml",
      text: "What that manager's apply would change",
    },
    { line: "meshctl diff -R -f deploy/ || echo 'not yet applied'", text: "In a script" },
  ],
  run,
});

async function run(context: Context, options: DiffOptions): Promise<number> {
  const manifests = await loadManifests(context, options.filename ?? [], options.recursive ?? false, NOTHING_DONE);
  const { steps, problems } = await planApply(await context.client(), manifests, { serverSide: serverSideOf(options) });
  if (problems.length > 0) throw refusal(problems, NOTHING_DONE);
  const style = createStyle(context.colour.stdout);
  let differs = false;
  for (const { manifest, current, result } of steps) {
    const lines = unifiedDiff(current === null ? "" : shown(current), shown(result));
    if (lines.length === 0) continue;
    differs = true;
    const name = objectName(manifest.kind, manifest.object.metadata.name);
    context.print(style.strong(`--- ${current === null ? "/dev/null" : `live/${name}`}`));
    context.print(style.strong(`+++ ${manifest.document.source}/${name}`));
    for (const line of lines) context.print(paint(line, style));
  }
  return differs ? EXIT.NOT_FINE : EXIT.OK;
}

/** Without what the server counts and keeps for itself. */
function shown(object: KubeObject): string {
  const { status: _status, ...rest } = object;
  const {
    managedFields: _fields,
    resourceVersion: _version,
    uid: _uid,
    generation: _generation,
    creationTimestamp: _created,
    ...metadata
  } = rest.metadata;
  const { [LAST_APPLIED]: _record, ...annotations } = metadata.annotations ?? {};
  const { annotations: _all, ...plain } = metadata;
  return formatYaml({ ...rest, metadata: Object.keys(annotations).length > 0 ? { ...plain, annotations } : plain });
}

function paint(line: string, style: Style): string {
  if (line.startsWith("@@")) return style.accent(line);
  if (line.startsWith("+")) return style.good(line);
  return line.startsWith("-") ? style.bad(line) : line;
}
