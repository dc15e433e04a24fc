import { readReleases } from "../../install/cluster/releases.ts";
import { type Change, survey } from "../../install/cluster/survey.ts";
import { pruneOf } from "../../install/prune.ts";
import { readTemplates } from "../../install/read-templates.ts";
import type { ObjectKey, Release } from "../../install/release.ts";
import { phaseOf, type Rendered, renderInstall } from "../../install/render.ts";
import { skewProblem } from "../../install/skew.ts";
import { documentValues } from "../../install/values/document.ts";
import { mergeValues } from "../../install/values/merge.ts";
import type { PartialValues } from "../../install/values/schema.ts";
import type { KubeClient } from "../../kube/contract.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import { VERSION } from "../../lib/version.ts";
import { packageRoot } from "../../local/programs.ts";
import type { Context } from "../context.ts";
import { createStyle, type Style } from "../output/style.ts";
import { unifiedDiff } from "../output/unified-diff.ts";
import { carryOut, type CarryOutOptions, newestOf, refuseLostVersions } from "./carry-out.ts";
import { declined } from "./confirm.ts";
import { defaultRevision } from "./default-revision.ts";
import type { ValueOptions } from "./options.ts";
import { diffLines, paint, planLines } from "./plan-lines.ts";
import { completeValues } from "./values.ts";

export interface UpgradeOptions extends ValueOptions, CarryOutOptions {
  readonly toRevision?: number;
  readonly resetValues?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** What an upgrade is to arrive at. */
interface Goal {
  readonly version: string;
  readonly profile: Release["profile"];
  readonly asked: PartialValues;
  readonly rendered: readonly Rendered[];
  /** What changes among the values, as lines of a diff. */
  readonly valueDiff: readonly string[];
}

/** `meshctl upgrade`: both diffs, the rule on versions, question, apply, wait, prune. */
export async function upgradeOnCluster(
  context: Context,
  client: KubeClient,
  cluster: string,
  options: UpgradeOptions,
  asked: PartialValues,
): Promise<number> {
  const revision = options.revision ?? "";
  const releases = await readReleases(client);
  const before = newestOf(releases, revision);
  // A revision that is not there yet comes beside the default one, as that was asked for.
  const base = before ?? newestOf(releases, "") ?? releases[0] ?? null;
  if (base === null)
    throw new UserError("there is nothing to upgrade: no control plane is installed", { hint: "meshctl install", exitCode: EXIT.NOT_FINE });
  const goal =
    options.toRevision === undefined
      ? await goalOf(client, base, revision, options, asked)
      : goalBack(releases, revision, options.toRevision);
  const skew = skewProblem(base.version, goal.version);
  if (skew !== null) throw new UserError(`refused: ${skew}`, { hint: "Go one minor version at a time.", exitCode: EXIT.REFUSED });
  const changes = await survey(client, goal.rendered, options.forceConflicts ?? false);
  refuseLostVersions(changes);
  const others = releases.filter((release) => release.revision !== revision);
  const prune =
    before === null
      ? []
      : pruneOf(
          before.objects,
          goal.rendered.map(({ object }) => object),
          others,
        );
  const isSame =
    prune.length === 0 && changes.every(({ what }) => what === "same") && before?.version === goal.version && before.state === "deployed";
  if (isSame) {
    context.print(`${createStyle(context.colour.stdout).good("√")} nothing to do: meshctl ${goal.version} on ${cluster} is as asked`);
    return EXIT.OK;
  }
  tell(context, options.dryRun ?? false, goal, changes, prune);
  if (options.dryRun) return EXIT.OK;
  const code = await declined(context, options.yes, `Upgrade ${cluster} from ${base.version} to ${goal.version}?`);
  if (code !== null) return code;
  const release: Release = {
    number: (before?.number ?? 0) + 1,
    revision,
    version: goal.version,
    at: new Date(context.clock.nowMs()).toISOString(),
    state: "pending",
    profile: goal.profile,
    asked: goal.asked,
    objects: goal.rendered.map(({ object }) => object),
  };
  await carryOut(context, client, { changes, prune, release, releases }, options);
  context.print(
    `${createStyle(context.colour.stdout).good("√")} upgraded: meshctl ${goal.version} on ${cluster}, release ${release.number}`,
  );
  return EXIT.OK;
}

async function goalOf(client: KubeClient, base: Release, revision: string, options: UpgradeOptions, asked: PartialValues): Promise<Goal> {
  const profile = options.profile ?? base.profile;
  const wanted = { ...mergeValues(options.resetValues ? {} : base.asked, asked), revision };
  const values = completeValues(profile, wanted);
  const serving = await defaultRevision(client);
  const isDefault = serving === null ? revision === "" : serving === revision;
  const rendered = renderInstall({ templates: readTemplates(packageRoot()), values, version: VERSION, isDefault });
  const valueDiff = unifiedDiff(documentValues(completeValues(base.profile, base.asked)), documentValues(values));
  return { version: VERSION, profile, asked: wanted, rendered, valueDiff };
}

/** An earlier release as it was, with the objects of its own program. */
function goalBack(releases: readonly Release[], revision: string, number: number): Goal {
  const own = releases.filter((release) => release.revision === revision);
  const wanted = own.find((release) => release.number === number);
  if (wanted === undefined) {
    const known = own.map((release) => `${release.number} (${release.version}, ${release.at})`).join(", ");
    throw new UserError(`there is no release ${number}`, { hint: `There is: ${known || "none"}.` });
  }
  const { version, profile, asked, objects } = wanted;
  const valueDiff = unifiedDiff(JSON.stringify(own[0]?.asked ?? {}, null, 2), JSON.stringify(asked, null, 2));
  return { version, profile, asked, valueDiff, rendered: objects.map((object) => ({ phase: phaseOf(object), object })) };
}

/** A dry run's result is data; before an upgrade it is talk. */
function tell(context: Context, dryRun: boolean, goal: Goal, changes: readonly Change[], prune: readonly ObjectKey[]): void {
  const style: Style = createStyle(dryRun ? context.colour.stdout : context.colour.stderr);
  const say = dryRun ? context.print : context.say;
  if (goal.valueDiff.length > 0) for (const line of ["--- values", ...goal.valueDiff.map((line) => paint(line, style))]) say(line);
  for (const line of [...diffLines(changes, style), ...planLines(changes, prune, style)]) say(line);
}
