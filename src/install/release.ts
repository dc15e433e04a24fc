/** What was installed, kept in the cluster: one ConfigMap for each installation and upgrade of a revision. */
import { SYSTEM_NAMESPACE } from "../messages/names.ts";
import type { KubeObject } from "../model/object.ts";
import { DEFAULT_REVISION, objectLabels } from "./names.ts";
import type { ProfileName } from "./values/profiles.ts";
import type { PartialValues } from "./values/schema.ts";

/** Of each revision so many are kept. */
export const KEPT_RELEASES = 10;

export const RELEASE_LABEL = "meshctl.dev/release";

/** Object by kind and place; enough to find it again. */
export interface ObjectKey {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

export interface Release {
  /** 1 for the first of its revision. */
  readonly number: number;
  /** "" for the default one. */
  readonly revision: string;
  /** Version of the control plane. */
  readonly version: string;
  /** RFC 3339. */
  readonly at: string;
  readonly state: "pending" | "deployed";
  readonly profile: ProfileName;
  /** What the person asked for; defaults are the version's. */
  readonly asked: PartialValues;
  /** Every object, a CA's Secret aside. */
  readonly objects: readonly KubeObject[];
}

export function releaseName(revision: string, number: number): string {
  return `meshctl-release-${revision || DEFAULT_REVISION}.v${number}`;
}

/** Objects of the kinds the release record must not hold: a private key belongs in its Secret and nowhere else. */
function recordable({ kind }: KubeObject): boolean {
  return kind !== "Secret";
}

export function formatRelease(release: Release): KubeObject & { data: Record<string, string> } {
  const { objects, ...head } = release;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: releaseName(release.revision, release.number),
      namespace: SYSTEM_NAMESPACE,
      labels: { ...objectLabels("release", release.version, release.revision), [RELEASE_LABEL]: release.revision || DEFAULT_REVISION },
    },
    data: { "release.json": JSON.stringify(head, null, 2), "objects.json": JSON.stringify(objects.filter(recordable)) },
  };
}

/** Null for what is no release record, or one that somebody broke. */
export function parseRelease(object: KubeObject): Release | null {
  const data = (object.data ?? {}) as Record<string, string>;
  try {
    const head = JSON.parse(data["release.json"] ?? "") as Omit<Release, "objects">;
    const objects = JSON.parse(data["objects.json"] ?? "") as KubeObject[];
    return Number.isInteger(head.number) && typeof head.version === "string" && Array.isArray(objects) ? { ...head, objects } : null;
  } catch {
    return null;
  }
}

export function keyOfObject({ kind, metadata: { name, namespace } }: KubeObject): ObjectKey {
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** `Deployment meshctl-system/meshctl-controller`. */
export function formatKey({ kind, name, namespace }: ObjectKey): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}
