import type { KubeClient } from "../../kube/contract.ts";
import { isNotFound, KubeError } from "../../kube/error.ts";
import type { KubeObject } from "../../model/object.ts";
import { locate, type Manifest } from "../manifests/validate.ts";
import type { ManifestProblem } from "../manifests/source.ts";
import { getOrNull } from "../resources/get-or-null.ts";
import { lastApplied, withLastApplied } from "./last-applied.ts";
import { mergePatch, sameJson, threeWayPatch } from "./merge.ts";
import type { ServerSide } from "./server-side.ts";

/** What to do with one object so that it is as its manifest says. */
export interface Step {
  readonly manifest: Manifest;
  /** As it stands now; null where it does not exist. */
  readonly current: KubeObject | null;
  /** To create; only used where there is no current one. */
  readonly desired: KubeObject;
  /** Merge patch for the current one; empty when it is as it should be. */
  readonly patch: Record<string, unknown>;
  /** What the server says it would become. */
  readonly result: KubeObject;
  /** Where the server merges: `desired` is what is sent, and there is no patch. */
  readonly serverSide?: ServerSide;
}

export type Change = "created" | "configured" | "unchanged" | "serverside-applied";

export interface PlanOptions {
  readonly serverSide?: ServerSide | null;
  /** The server is asked what exists, and judges nothing. */
  readonly local?: boolean;
}

export const FIELD_MANAGER = "meshctl";

export function changeOf({ current, patch, serverSide }: Step): Change {
  if (serverSide !== undefined) return "serverside-applied";
  if (current === null) return "created";
  return Object.keys(patch).length === 0 ? "unchanged" : "configured";
}

/**
 * Reads what exists, works out every change, and lets the server judge each one without storing it. The
 * server's refusals come back as problems at their place in the file; other errors reject.
 */
export async function planApply(
  client: KubeClient,
  manifests: readonly Manifest[],
  options: PlanOptions = {},
): Promise<{ steps: Step[]; problems: ManifestProblem[] }> {
  const steps: Step[] = [];
  const problems: ManifestProblem[] = [];
  const coming = new Set(
    manifests.filter(({ kind }) => kind.kind === "Namespace" && kind.group === "").map(({ object }) => object.metadata.name),
  );
  for (const manifest of namespacesFirst(manifests)) {
    try {
      const step = options.serverSide
        ? await planServerSide(client, manifest, coming, options.serverSide, options.local ?? false)
        : await planStep(client, manifest, coming, options.local ?? false);
      steps.push(step);
    } catch (error) {
      if (!(error instanceof KubeError) || !isRefusal(error)) throw error;
      problems.push(...serverProblems(manifest, error));
    }
  }
  return { steps, problems };
}

async function planServerSide(
  client: KubeClient,
  manifest: Manifest,
  coming: ReadonlySet<string>,
  serverSide: ServerSide,
  local: boolean,
): Promise<Step> {
  const { kind, object: desired } = manifest;
  const { name, namespace } = desired.metadata;
  const current = await getOrNull(client, kind, name, namespace);
  const step = { manifest, current, desired, patch: {}, serverSide };
  if (local) return { ...step, result: mergePatch(current ?? {}, desired) as KubeObject };
  const judged = client.apply(kind, desired, { ...serverSide, dryRun: true });
  return { ...step, result: await orComing(judged, desired, coming) };
}

/** Its namespace may stand in the same files, and will be there by then. */
async function orComing(judged: Promise<KubeObject>, desired: KubeObject, coming: ReadonlySet<string>): Promise<KubeObject> {
  try {
    return await judged;
  } catch (error) {
    if (isNotFound(error) && coming.has(desired.metadata.namespace ?? "")) return desired;
    throw error;
  }
}

async function planStep(client: KubeClient, manifest: Manifest, coming: ReadonlySet<string>, local: boolean): Promise<Step> {
  const { kind, object } = manifest;
  const { name, namespace } = object.metadata;
  const desired = withLastApplied(object);
  const current = await getOrNull(client, kind, name, namespace);
  if (current === null) {
    if (local) return { manifest, current, desired, patch: {}, result: desired };
    const judged = client.create(kind, desired, { dryRun: true, fieldManager: FIELD_MANAGER });
    return { manifest, current, desired, patch: {}, result: await orComing(judged, desired, coming) };
  }
  const patch = threeWayPatch(lastApplied(current), desired as Record<string, unknown>, current as Record<string, unknown>);
  if (Object.keys(patch).length === 0) return { manifest, current, desired, patch, result: current };
  if (local) return { manifest, current, desired, patch, result: mergePatch(current, patch) as KubeObject };
  const result = await client.patch(kind, name, namespace, patch, { dryRun: true, fieldManager: FIELD_MANAGER });
  // Lists are patched whole, so defaults within them look like a difference until the server has filled them in again.
  const isSame = sameJson(content(result), content(current));
  return { manifest, current, desired, patch: isSame ? {} : patch, result: isSame ? current : result };
}

/** Without what the server counts for itself. */
function content(object: KubeObject): object {
  const { resourceVersion: _version, generation: _generation, managedFields: _fields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function namespacesFirst(manifests: readonly Manifest[]): Manifest[] {
  const isNamespace = ({ kind }: Manifest): boolean => kind.kind === "Namespace" && kind.group === "";
  return [...manifests.filter(isNamespace), ...manifests.filter((manifest) => !isNamespace(manifest))];
}

/** The server has judged what it was sent, and not who sent it. */
export function isRefusal({ status }: KubeError): boolean {
  return status >= 400 && status < 500 && status !== 401 && status !== 403;
}

/** Causes with fields go to their fields, everything else to the object's name. */
export function serverProblems({ document }: Pick<Manifest, "document">, error: KubeError): ManifestProblem[] {
  const placed = error.causes.filter(({ field, message }) => field !== "" && message !== "");
  if (placed.length > 0) return placed.map(({ field, message }) => locate(document, { path: field, message }));
  return [{ ...locate(document, { path: "metadata.name", message: "" }), message: error.message }];
}
