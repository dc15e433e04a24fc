import { UserError, EXIT } from "../../lib/errors.ts";
import type { Context } from "../context.ts";
import { parseManifests } from "./parse.ts";
import { readSources } from "./read.ts";
import { refusal } from "./refusal.ts";
import { kindsFor } from "../resources/served-kinds.ts";
import { isOfKnownKind, type Manifest, validateManifests } from "./validate.ts";

/** Everything `-f` names, read, parsed and judged. Throws one UserError with every problem when there is any. */
export async function loadManifests(context: Context, files: readonly string[], recursive: boolean, outcome: string): Promise<Manifest[]> {
  if (files.length === 0) {
    throw new UserError("nothing to read", { exitCode: EXIT.USAGE, hint: "Name a file, a directory or - with -f." });
  }
  const sources = await readSources(files, { cwd: context.cwd, recursive, stdin: context.stdin as AsyncIterable<Buffer> });
  const parsed = sources.map(parseManifests);
  const documents = parsed.flatMap((part) => part.documents);
  const kinds = await kindsFor(context.client, (known) => documents.every((document) => isOfKnownKind(document, known)));
  const { manifests, problems } = validateManifests(documents, kinds, {
    fallback: await context.namespace(),
    ...(context.globals.namespace === undefined ? {} : { required: context.globals.namespace }),
  });
  const all = [...parsed.flatMap((part) => part.problems), ...problems];
  if (all.length > 0) throw refusal(all, outcome);
  if (manifests.length === 0) throw new UserError(`no objects in ${files.join(", ")}`);
  return manifests;
}
