import { EXIT, UserError } from "../../lib/errors.ts";
import type { OptionDefinition } from "../command.ts";
import type { Context } from "../context.ts";
import { parseDuration, parseHeaderMatch } from "../options/values.ts";
import { asManifest } from "../output/manifest.ts";
import { formatJson, formatYaml } from "../output/structured.ts";
import { kindName } from "../resources/names.ts";
import { describeAbort, describeDelay, describeWhen } from "./describe.ts";
import { editFault, faultKind } from "./edit.ts";
import { resolveSources } from "./sources.ts";
import { parseTarget, requireTarget } from "./target.ts";
import type { FaultCondition, FaultMatch, Faults } from "./types.ts";
import { parseMethod, parsePathPrefix, parsePercent } from "./values.ts";

/** Options that `fault abort` and `fault delay` share. */
export interface FaultOptions {
  readonly percent: number;
  readonly path?: string;
  readonly method?: NonNullable<FaultMatch["method"]>;
  readonly header?: readonly { readonly name: string; readonly value: string }[];
  readonly from?: readonly string[];
  readonly expires?: number;
  readonly dryRun?: boolean;
  readonly output: "text" | "json" | "yaml";
}

export const FAULT_OPTIONS: readonly OptionDefinition[] = Object.freeze([
  { flags: "--percent <n>", description: "share of the requests, 0 to 100 with at most two decimals", parse: parsePercent, default: 100 },
  { flags: "--path <prefix>", description: "only requests whose path starts with these segments", parse: parsePathPrefix },
  { flags: "--method <method>", description: "only requests with this method", parse: parseMethod },
  {
    flags: "--header <name:value>",
    description: "only requests with this header; repeatable: all of them",
    parse: parseHeaderMatch,
    repeatable: true,
  },
  {
    flags: "--from <workload>",
    description: "only requests of this caller; repeatable: any of them",
    repeatable: true,
    completes: "workload",
  },
  {
    flags: "--expires <duration>",
    description: "ends by itself after this time, whatever happens to the controller",
    parse: parseDuration,
  },
  { flags: "--dry-run", description: "judge and print, write nothing" },
  { flags: "-o, --output <format>", description: "how to print the result", choices: ["text", "json", "yaml"], default: "text" },
]);

/** Puts a fault on a target and says what stands there now. */
export async function putFault(
  context: Context,
  options: FaultOptions,
  targetText: string,
  faults: (on: FaultCondition) => Faults,
): Promise<number> {
  const target = parseTarget(targetText);
  const namespace = await context.namespace();
  const client = await context.client();
  const filters = (["path", "method", "header"] as const).filter((name) => options[name] !== undefined && options[name] !== "/");
  const status = faults({}).abort?.fault.httpStatus !== undefined;
  await requireTarget(client, target, namespace, { status, filters: filters.map((name) => `--${name}`) });
  const { from, notes } = await resolveSources(client, options.from ?? [], namespace);
  const nowMs = context.clock.nowMs();
  const edit = {
    faults: faults(conditionOf(options, from)),
    ...(options.expires === undefined ? {} : { expiresAt: new Date(nowMs + options.expires).toISOString() }),
  };
  const { object, change } = await editFault(client, target, namespace, edit, nowMs, options.dryRun ?? false);
  const printed = options.dryRun ? asManifest(object) : object;
  if (options.output === "yaml") context.print(formatYaml(printed));
  else if (options.output === "json") context.print(formatJson(printed));
  else {
    context.print(`${kindName(faultKind())}/${object.metadata.name} ${change}${options.dryRun ? " (dry run)" : ""}`);
    for (const rule of object.spec?.rules ?? []) {
      const parts = [...(rule.delay ? [describeDelay(rule.delay)] : []), ...(rule.abort ? [describeAbort(rule.abort)] : [])];
      context.print(`${target.words}, ${describeWhen(rule)}: ${parts.join(", then ")}`);
    }
    const { expiresAt } = object.spec ?? {};
    context.print(expiresAt === undefined ? `until \`meshctl fault clear ${targetText}\`` : `until ${expiresAt}`);
  }
  for (const note of notes) context.say(note);
  return EXIT.OK;
}

function conditionOf({ path, method, header = [] }: FaultOptions, from: FaultCondition["from"] = []): FaultCondition {
  const seen = new Set<string>();
  for (const { name } of header) {
    if (seen.has(name)) throw new UserError(`--header names ${name} twice`, { exitCode: EXIT.USAGE });
    seen.add(name);
  }
  const match = {
    ...(path === undefined || path === "/" ? {} : { path: { type: "PathPrefix" as const, value: path } }),
    ...(header.length === 0 ? {} : { headers: [...header] }),
    ...(method === undefined ? {} : { method }),
  };
  return { ...(Object.keys(match).length === 0 ? {} : { match }), ...(from.length === 0 ? {} : { from }) };
}
