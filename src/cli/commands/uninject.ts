import { uninjectText } from "../../inject/text/uninject-text.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { editFiles, type EditOptions } from "../inject/edit-files.ts";
import { EDIT_OPTIONS } from "../inject/options.ts";

export const command = defineCommand<EditOptions>({
  description:
    "Takes out of manifests what inject has added and puts back what it has replaced: the bytes of before, where nobody has changed " +
    "them since. Workloads that were not injected stay as they are. The result goes to stdout, the report to stderr.",
  arguments: [{ syntax: "[files...]", description: "as -f", completes: "file" }],
  options: EDIT_OPTIONS,
  examples: [
    { line: "meshctl uninject deployment.yaml | kubectl apply -f -", text: "Out of the mesh" },
    { line: "meshctl uninject -f k8s/ -R --in-place", text: "In a repository" },
    { line: "meshctl uninject -f k8s/ --dry-run --fail-on-skip", text: "See what would change; fail where nothing was injected" },
    { line: "kubectl get deploy -o yaml | meshctl uninject - -o json > plain.yaml", text: "A report for programs on stderr" },
  ],
  run,
});

async function run(context: Context, options: EditOptions, files: readonly string[] = []): Promise<number> {
  return editFiles(context, options, [...files, ...(options.filename ?? [])], uninjectText, () => new Map());
}
