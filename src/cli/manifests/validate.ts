import { formatApiVersion, parseApiVersion } from "../../model/api-version.ts";
import { closest } from "../../lib/closest.ts";
import type { Violation } from "../../lib/errors.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import { type KubeObject, keyOf } from "../../model/object.ts";
import { parseObject } from "../../model/parse.ts";
import type { KindRegistry } from "../../model/registry.ts";
import { isUnknownField } from "../../model/violations.ts";
import { parseFieldPath } from "../../lib/field-path.ts";
import type { ManifestDocument } from "./parse.ts";
import type { ManifestProblem } from "./source.ts";

/** An object of a manifest that is right as far as can be said without the server. */
export interface Manifest {
  readonly document: ManifestDocument;
  readonly kind: KindDescriptor;
  /** As written, with its namespace filled in. */
  readonly object: KubeObject;
  /** What it asks for and does not get. */
  readonly warnings: readonly ManifestProblem[];
}

export interface NamespaceRule {
  /** For objects that name none. */
  readonly fallback: string;
  /** Set by `--namespace`: objects that name another are refused. */
  readonly required?: string;
}

/** Judges every document by its kind; all problems of all documents, not the first. */
export function validateManifests(
  documents: readonly ManifestDocument[],
  kinds: KindRegistry,
  namespaces: NamespaceRule,
): { manifests: Manifest[]; problems: ManifestProblem[] } {
  const manifests: Manifest[] = [];
  const problems: ManifestProblem[] = [];
  const seen = new Map<string, ManifestDocument>();
  for (const document of documents) {
    const kind = kindOf(document, kinds);
    if ("message" in kind) {
      problems.push(locate(document, kind));
      continue;
    }
    const object = withNamespace(document.value as unknown as KubeObject, kind, namespaces.fallback);
    const parsed = parseObject(kind, object);
    const found = [...namespaceViolations(object, kind, namespaces), ...withoutEchoes(parsed.violations)];
    problems.push(...found.map((violation) => locate(document, violation)));
    const name: unknown = object.metadata?.name;
    if (typeof name !== "string") continue;
    const key = `${kind.group}/${kind.kind}/${keyOf(object)}`;
    const first = seen.get(key);
    if (first) {
      const at = first.locate(["metadata", "name"]);
      problems.push(
        locate(document, {
          path: "metadata.name",
          message: `${kind.kind} ${keyOf(object)} stands there twice`,
          hint: `first at ${first.source}:${at.line}:${at.column}`,
        }),
      );
    } else {
      seen.set(key, document);
      if (found.length > 0 || parsed.object === null) continue;
      const warnings = (kind.warnings?.(parsed.object) ?? []).map((violation) => locate(document, violation));
      manifests.push({ document, kind, object, warnings });
    }
  }
  return { manifests, problems };
}

/** A violation with its place in the file. */
export function locate(document: ManifestDocument, { path, message, hint }: Violation): ManifestProblem {
  const at = document.locate(parseFieldPath(path));
  return { source: document.source, ...at, message: path === "" ? message : `${path}: ${message}`, ...(hint ? { hint } : {}) };
}

/** A misspelt required field is told once: as the unknown field, with what was meant, not also as the missing one. */
function withoutEchoes(violations: readonly Violation[]): readonly Violation[] {
  const meant = violations.filter(isUnknownField).map(({ path, hint = "" }) => path.replace(/[^.\]]+$/, /"(.+)"/.exec(hint)?.[1] ?? "?"));
  return violations.filter(({ path, message }) => message !== "is required" || !meant.includes(path));
}

/** False for a document whose kind `kinds` does not have; true for one that has none at all. */
export function isOfKnownKind({ value: { apiVersion, kind } }: ManifestDocument, kinds: KindRegistry): boolean {
  return typeof apiVersion !== "string" || typeof kind !== "string" || kinds.byKind(apiVersion, kind) !== undefined;
}

function kindOf(document: ManifestDocument, kinds: KindRegistry): KindDescriptor | Violation {
  const { apiVersion, kind, metadata } = document.value;
  if (typeof apiVersion !== "string") return { path: "apiVersion", message: apiVersion === undefined ? "is required" : "must be a string" };
  if (typeof kind !== "string") return { path: "kind", message: kind === undefined ? "is required" : "must be a string" };
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    return { path: "metadata", message: metadata === undefined ? "is required" : "must be an object" };
  }
  return kinds.byKind(apiVersion, kind) ?? unknownKind(apiVersion, kind, kinds);
}

function unknownKind(apiVersion: string, kind: string, kinds: KindRegistry): Violation {
  const parsed = parseApiVersion(apiVersion);
  const sameName = kinds.all.filter((candidate) => candidate.kind === kind);
  if (sameName.length > 0) {
    const versions = sameName.map(({ group, version }) => formatApiVersion(group, version)).join(" or ");
    return { path: "apiVersion", message: `${kind} is not of ${apiVersion}`, hint: `write apiVersion: ${versions}` };
  }
  const names = kinds.all.filter(({ group }) => group === parsed?.group).map((candidate) => candidate.kind);
  const meant =
    closest(kind, names) ??
    closest(
      kind,
      kinds.all.map((candidate) => candidate.kind),
    );
  return {
    path: "kind",
    message: `there is no kind ${kind} in ${apiVersion}`,
    hint: meant === null ? "`meshctl api-resources` lists what exists" : `did you mean ${meant}?`,
  };
}

function withNamespace(object: KubeObject, kind: KindDescriptor, fallback: string): KubeObject {
  if (!kind.namespaced || object.metadata.namespace !== undefined) return object;
  return { ...object, metadata: { ...object.metadata, namespace: fallback } };
}

function namespaceViolations(object: KubeObject, kind: KindDescriptor, { required }: NamespaceRule): Violation[] {
  const { namespace } = object.metadata;
  if (!kind.namespaced) {
    return namespace === undefined
      ? []
      : [{ path: "metadata.namespace", message: `${kind.kind} has no namespace`, hint: "leave the line out" }];
  }
  if (required === undefined || namespace === required) return [];
  return [{ path: "metadata.namespace", message: `is ${String(namespace)}, but --namespace says ${required}` }];
}
