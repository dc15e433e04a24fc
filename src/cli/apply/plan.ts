import type { KubeClient } from "../../kube/contract.ts";
import { isNotFound, KubeError } from "../../kube/error.ts";
import type { KubeObject } from "../../model/object.ts";
import { locate, type Manifest } from "../manifests/validate.ts";
import type { ManifestProblem } from "../manifests/source.ts";
import { getOrNull } from "../resources/get-or-null.ts";
import { lastApplied, withLastApplied } from "./last-applied.ts";
import { sameJson, threeWayPatch } from "./merge.ts";

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
}

export type Change = "created" | "configured" | "unchanged";

export const FIELD_MANAGER = "meshctl";

export function changeOf({ current, patch }: Step): Change {
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
): Promise<{ steps: Step[]; problems: ManifestProblem[] }> {
  const steps: Step[] = [];
  const problems: ManifestProblem[] = [];
  const coming = new Set(
    manifests.filter(({ kind }) => kind.kind === "Namespace" && kind.group === "").map(({ object }) => object.metadata.name),
  );
  for (const manifest of namespacesFirst(manifests)) {
    try {
      steps.push(await planStep(client, manifest, coming));
    } catch (error) {
      if (!(error instanceof KubeError) || error.status < 400 || error.status >= 500 || error.status === 401 || error.status === 403)
        throw error;
      problems.push(...serverProblems(manifest, error));
    }
  }
  return { steps, problems };
}

async function planStep(client: KubeClient, manifest: Manifest, coming: ReadonlySet<string>): Promise<Step> {
  const { kind, object } = manifest;
  const { name, namespace } = object.metadata;
  const desired = withLastApplied(object);
  const current = await getOrNull(client, kind, name, namespace);
  if (current === null) {
    const result = await client.create(kind, desired, { dryRun: true, fieldManager: FIELD_MANAGER }).catch((error: unknown) => {
      // Its namespace stands in the same files and will be there by then.
      if (isNotFound(error) && namespace !== undefined && coming.has(namespace)) return desired;
      throw error;
    });
    return { manifest, current, desired, patch: {}, result };
  }
  const patch = threeWayPatch(lastApplied(current), desired as Record<string, unknown>, current as Record<string, unknown>);
  if (Object.keys(patch).length === 0) return { manifest, current, desired, patch, result: current };
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

/** Causes with fields go to their fields, everything else to the object's name. */
function serverProblems({ document }: Manifest, error: KubeError): ManifestProblem[] {
  const placed = error.causes.filter(({ field, message }) => field !== "" && message !== "");
  if (placed.length > 0) return placed.map(({ field, message }) => locate(document, { path: field, message }));
  return [{ ...locate(document, { path: "metadata.name", message: "" }), message: error.message }];
}
