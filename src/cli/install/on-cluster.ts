import { readReleases } from "../../install/cluster/releases.ts";
import { survey } from "../../install/cluster/survey.ts";
import { readTemplates } from "../../install/read-templates.ts";
import { renderInstall } from "../../install/render.ts";
import type { PartialValues } from "../../install/values/schema.ts";
import type { KubeClient } from "../../kube/contract.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import { VERSION } from "../../lib/version.ts";
import { packageRoot } from "../../local/programs.ts";
import type { Context } from "../context.ts";
import { createStyle } from "../output/style.ts";
import { type CaOptions, readCaPair } from "./ca-files.ts";
import { applyAll, carryOut, type CarryOutOptions, newestOf, refuseLostVersions, waitForAll } from "./carry-out.ts";
import { declined } from "./confirm.ts";
import { defaultRevision } from "./default-revision.ts";
import type { ValueOptions } from "./options.ts";
import { planLines } from "./plan-lines.ts";
import { completeValues } from "./values.ts";

export interface OnClusterOptions extends ValueOptions, CaOptions, CarryOutOptions {
  readonly yes?: boolean;
  readonly crdsOnly?: boolean;
}

/** `meshctl install` on a cluster: plan, question, apply, wait. What is there already and the same is left alone. */
export async function installOnCluster(
  context: Context,
  client: KubeClient,
  cluster: string,
  options: OnClusterOptions,
  asked: PartialValues,
): Promise<number> {
  const values = completeValues(options.profile, asked);
  const releases = await readReleases(client);
  const before = newestOf(releases, values.revision);
  const serving = await defaultRevision(client);
  const isDefault = serving === null ? values.revision === "" : serving === values.revision;
  const rendered = renderInstall(
    { templates: readTemplates(packageRoot()), values, version: VERSION, isDefault },
    readCaPair(context, options),
  );
  const chosen = options.crdsOnly ? rendered.filter(({ phase }) => phase === "definitions") : rendered;
  const changes = await survey(client, chosen, options.forceConflicts ?? false);
  const style = createStyle(context.colour.stderr);
  const changed = changes.filter(({ what }) => what !== "same");
  if (changed.length === 0 && (options.crdsOnly || before?.state === "deployed")) {
    context.print(`${createStyle(context.colour.stdout).good("√")} already installed: meshctl ${VERSION} on ${cluster}`);
    return EXIT.OK;
  }
  if (before?.state === "deployed" && !options.crdsOnly) {
    throw new UserError(`meshctl ${before.version} is installed already, and this would change it`, {
      hint: "`meshctl upgrade --dry-run` with the same options shows what; `meshctl upgrade` does it.",
      exitCode: EXIT.REFUSED,
    });
  }
  refuseLostVersions(changes);
  for (const line of planLines(changes, [], style)) context.say(line);
  const code = await declined(context, options.yes, `Install this on ${cluster}?`);
  if (code !== null) return code;
  const release = {
    number: (before?.number ?? 0) + 1,
    revision: values.revision,
    version: VERSION,
    at: new Date(context.clock.nowMs()).toISOString(),
    state: "pending",
    profile: options.profile ?? "default",
    asked,
    objects: chosen.map(({ object }) => object),
  } as const;
  if (options.crdsOnly) {
    await waitForAll(context, client, await applyAll(client, changes, options), options);
  } else {
    await carryOut(context, client, { changes, prune: [], release, releases }, options);
  }
  context.print(`${createStyle(context.colour.stdout).good("√")} installed: meshctl ${VERSION} on ${cluster}`);
  return EXIT.OK;
}
