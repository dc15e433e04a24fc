import { parseDocument } from "yaml";
import { mergeValues, isObject } from "../../install/values/merge.ts";
import { resolveValues } from "../../install/values/resolve.ts";
import type { PartialValues, Values } from "../../install/values/schema.ts";
import { valuesOf } from "../../install/values/set.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import type { Context } from "../context.ts";
import { readSources } from "../manifests/read.ts";
import type { ManifestSource } from "../manifests/source.ts";
import type { ValueOptions } from "./options.ts";

/** What files, `--set` and `--revision` ask for, in that order. Throws a UserError for what is no mapping of values. */
export async function askedValues(context: Context, options: ValueOptions): Promise<PartialValues> {
  const files = options.values ?? [];
  const sources =
    files.length === 0
      ? []
      : await readSources(files, { cwd: context.cwd, recursive: false, stdin: context.stdin as AsyncIterable<Buffer> });
  const layers = [...sources.map(parseSource), ...(options.set ?? []).map(valuesOf)];
  if (options.revision !== undefined) layers.push({ revision: options.revision });
  return layers.reduce(mergeValues, {});
}

/** Those with everything else filled in. Throws one UserError with all that is wrong. */
export function completeValues(profile: ValueOptions["profile"], asked: PartialValues): Values {
  const { values, violations } = resolveValues(profile ?? "default", [asked]);
  if (values !== null) return values;
  const lines = violations.map(({ path, message, hint }) => `  ${path}: ${message}${hint ? ` (${hint})` : ""}`);
  throw new UserError(`the values are not usable:\n${lines.join("\n")}`, {
    exitCode: EXIT.USAGE,
    hint: "`meshctl install --print-values` lists every value and what it means.",
  });
}

function parseSource({ name, text }: ManifestSource): PartialValues {
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error) throw new UserError(`${name}: ${error.message.split("\n", 1)[0] ?? ""}`);
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (value === null || value === undefined) return {};
  if (!isObject(value)) throw new UserError(`${name}: a file of values is a mapping: controller: {replicas: 3}`);
  return value;
}
