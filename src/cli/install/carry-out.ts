import { current, deleteIfThere, trimReleases, writeRelease } from "../../install/cluster/releases.ts";
import type { Change } from "../../install/cluster/survey.ts";
import { type NotReady, waitReady } from "../../install/cluster/wait-ready.ts";
import { kindRef } from "../../install/kind-refs.ts";
import { FIELD_MANAGER } from "../../install/names.ts";
import { formatKey, keyOfObject, type ObjectKey, type Release } from "../../install/release.ts";
import { PHASES } from "../../install/render.ts";
import { storageProblem } from "../../install/storage-versions.ts";
import type { KubeClient } from "../../kube/contract.ts";
import { isConflict, KubeError } from "../../kube/error.ts";
import { EXIT, messageOf, UserError } from "../../lib/errors.ts";
import type { KubeObject } from "../../model/object.ts";
import { parseDuration } from "../options/values.ts";
import type { OptionDefinition } from "../command.ts";
import type { Context } from "../context.ts";

export interface CarryOutOptions {
  readonly timeout: number;
  readonly forceConflicts?: boolean;
}

export const CARRY_OUT_OPTIONS: readonly OptionDefinition[] = Object.freeze([
  { flags: "--timeout <duration>", description: "how long to wait until everything is ready", parse: parseDuration, default: 300_000 },
  { flags: "--force-conflicts", description: "take over fields that somebody else has set" },
]);

export interface Work {
  readonly changes: readonly Change[];
  readonly prune: readonly ObjectKey[];
  readonly release: Release;
  /** Of all revisions, newest first, without `release`. */
  readonly releases: readonly Release[];
}

/** Refuses what would make stored objects unreadable. */
export function refuseLostVersions(changes: readonly Change[]): void {
  const problems = changes.flatMap(({ live, object }) => {
    const problem = object.kind === "CustomResourceDefinition" && live !== null ? storageProblem(live, object) : null;
    return problem === null ? [] : [problem];
  });
  if (problems.length === 0) return;
  throw new UserError(`definitions cannot be replaced:\n  ${problems.join("\n  ")}`, {
    hint: "Write those objects anew in the newer version (get and apply them), then take the old version out of status.storedVersions.",
    exitCode: EXIT.REFUSED,
  });
}

/**
 * Applies what changes, phase by phase, waits for each phase, deletes what no release needs, and notes it in the cluster. The
 * note is written before the first object of the control plane, so that a run that breaks off can be taken up and pruned.
 */
export async function carryOut(context: Context, client: KubeClient, work: Work, options: CarryOutOptions): Promise<void> {
  for (const phase of PHASES) {
    const changes = work.changes.filter((change) => change.phase === phase);
    const objects = await applyAll(client, changes, options);
    if (phase === "foundation") await writeRelease(client, { ...work.release, state: "pending" });
    await waitForAll(context, client, objects, options);
  }
  for (const key of work.prune) {
    if (await deleteIfThere(client, key.kind, key.name, key.namespace)) context.say(`deleted ${formatKey(key)}`);
  }
  await writeRelease(client, { ...work.release, state: "deployed" });
  await trimReleases(client, [work.release, ...work.releases], work.release.revision);
}

/** Applies what changes; every object as it is then. */
export async function applyAll(client: KubeClient, changes: readonly Change[], options: CarryOutOptions): Promise<readonly KubeObject[]> {
  const objects: KubeObject[] = [];
  for (const change of changes) objects.push(await applyOne(client, change, options.forceConflicts ?? false));
  return objects;
}

/** Waits with progress; throws what is not ready in time, and why. */
export async function waitForAll(
  context: Context,
  client: KubeClient,
  objects: readonly KubeObject[],
  { timeout }: CarryOutOptions,
): Promise<void> {
  const late = await waitReady(client, objects, {
    clock: context.clock,
    timeoutMs: timeout,
    onProgress: (waiting) => context.say(progressLine(waiting)),
  });
  if (late.length > 0) throw tooLate(late, timeout);
}

async function applyOne(client: KubeClient, { what, live, object }: Change, force: boolean): Promise<KubeObject> {
  if (what === "same" && live !== null) return live;
  try {
    return await client.apply(kindRef(object.kind), object, { fieldManager: FIELD_MANAGER, force });
  } catch (error) {
    throw explained(error, object);
  }
}

/** With the object's name, and what to do when somebody else has its fields. */
export function explained(error: unknown, object: KubeObject): unknown {
  if (!(error instanceof KubeError)) return error;
  const name = formatKey(keyOfObject(object));
  if (isConflict(error)) {
    const fields = error.causes.map(({ field, message }) => `\n  ${field}: ${message}`).join("");
    return new UserError(`${name}: somebody else has set what would be changed${fields || `: ${messageOf(error)}`}`, {
      hint: "--force-conflicts takes the fields over; --set asks for what is there.",
      exitCode: EXIT.REFUSED,
      cause: error,
    });
  }
  const isMonitor = error.status === 404 && object.apiVersion.startsWith("monitoring.coreos.com/");
  return new UserError(`${name}: ${messageOf(error)}`, {
    hint: isMonitor ? "The cluster has no kinds of the Prometheus operator: leave monitoring.* off." : error.hint,
    exitCode: error.exitCode,
    cause: error,
  });
}

function progressLine(waiting: readonly NotReady[]): string {
  return `waiting: ${waiting.map(({ what, why }) => `${what} (${why})`).join(", ")}`;
}

function tooLate(late: readonly NotReady[], timeoutMs: number): UserError {
  const lines = late.flatMap(({ what, why, pods }) => [`  ${what}: ${why}`, ...pods.map((pod) => `    ${pod}`)]);
  return new UserError(`not ready after ${Math.round(timeoutMs / 1000)} s:\n${lines.join("\n")}`, {
    hint: "What was applied stays; the same command goes on from there.",
  });
}

/** The newest release of a revision; null when it is not installed. */
export function newestOf(releases: readonly Release[], revision: string): Release | null {
  return current(releases).find((release) => release.revision === revision) ?? null;
}
