import type { KubeObject } from "../../../model/object.ts";
import { formatApiVersion } from "../../../model/api-version.ts";
import { admit, dryRunOf, fieldValidationOf, objectOfBody } from "../admission.ts";
import type { ApiContext } from "../context.ts";
import { applyConflict } from "../fields/conflict-status.ts";
import { configProblem } from "../fields/config-problem.ts";
import { allowedByLastApplied, withLastApplied } from "../fields/last-applied.ts";
import type { Owners } from "../fields/owners.ts";
import { type Applied, applyConfig } from "../fields/ownership.ts";
import { topologyOf } from "../fields/topology-of.ts";
import { formatted, ownerOf, ownersForApply } from "../fields/tracking.ts";
import { ownedPart, withOwnedPart } from "../fields/view.ts";
import { isPlainObject } from "../merge-patch.ts";
import { booleanOf } from "../list-options.ts";
import type { Outcome } from "../outcome.ts";
import { bucketOf, type FieldWriter, type ResourceRequest, storeKey } from "../request.ts";
import { badRequest, conflict, invalidOptions, notFound } from "../status.ts";
import type { Stored, Transaction } from "../store/contract.ts";
import { putNew } from "./create.ts";
import { replaceObject } from "./update.ts";

/** Appliers of one object; a further one is refused. */
const MAX_APPLIERS = 100;

interface Written {
  readonly stored: Stored;
  readonly warnings: readonly string[];
  readonly code: 200 | 201;
}

/** PATCH with a configuration: server-side apply. An object that is not there is made. */
export async function applyVerb(api: ApiContext, request: ResourceRequest, body: unknown): Promise<Outcome> {
  const { kind, namespace, name = "", subresource, query, writer } = request;
  const force = booleanOf(query, "force");
  if (!query.get("fieldManager")) {
    throw invalidOptions("PatchOptions", [
      { path: "fieldManager", reason: "FieldValueRequired", message: "Required value: is required for apply patch" },
    ]);
  }
  const config = configOf(body, request);
  const { stored, warnings, code } = await api.store.write(
    (transaction): Written => {
      const current = transaction.get(bucketOf(kind), storeKey(namespace, name));
      if (current !== undefined) return { ...change(transaction, request, current, config, writer, force), code: 200 };
      if (subresource !== undefined) throw notFound(kind, name);
      return { ...make(api, transaction, request, config, writer), code: 201 };
    },
    { dryRun: dryRunOf(query) },
  );
  return { type: "object", code, stored, warnings };
}

/** The configuration, without nulls: a null field is one the client does not speak of. Throws 400 for what is none. */
function configOf(body: unknown, request: ResourceRequest): KubeObject {
  const { kind, version } = request;
  const given = isPlainObject(body) ? withoutNulls(body) : body;
  const object = objectOfBody(given, request);
  const expected = formatApiVersion(kind.group, version);
  const named = given as Record<string, unknown>;
  if (named.apiVersion !== expected) {
    const said = typeof named.apiVersion === "string" ? named.apiVersion : "/";
    throw badRequest(`Incorrect version specified in apply patch. Specified patch version: ${said}, expected: ${expected}`);
  }
  if (named.kind === undefined) throw badRequest("Object 'Kind' is missing in the apply patch");
  if (object.metadata.managedFields !== undefined) throw badRequest("metadata.managedFields must be nil");
  const problem = configProblem(object, topologyOf(kind));
  if (problem !== null) {
    const { name, namespace = "" } = object.metadata;
    const gvk = `${expected}, Kind=${kind.kind}`;
    throw badRequest(`failed to create typed patch object (${namespace}/${name}; ${gvk}): ${problem}`);
  }
  return object;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isPlainObject(value)) return value;
  const kept = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(kept.map(([name, child]) => [name, withoutNulls(child)]));
}

function change(
  transaction: Transaction,
  request: ResourceRequest,
  current: Stored,
  config: KubeObject,
  writer: FieldWriter,
  force: boolean,
): Pick<Written, "stored" | "warnings"> {
  const { kind, subresource, query } = request;
  const live = kind.readAs?.(current.object) ?? current.object;
  const owners = ownersForApply(kind, writer, live);
  const applied = applyFor(request, live, config, owners, writer, force);
  if (applied.conflicts !== null) throw applyConflict(applied.conflicts);
  requireFewAppliers(request, owners, applied.owners);
  const { resourceVersion, uid } = config.metadata;
  const merged = withOwnedPart(kind, subresource, live, applied.value as Record<string, unknown>);
  const next = withLastApplied(merged, config, writer.manager);
  next.metadata = { ...next.metadata, ...(resourceVersion ? { resourceVersion } : {}), ...(uid ? { uid } : {}) };
  return replaceObject(transaction, request, current, next, strictly(query), () => formatted(applied.owners));
}

function applyFor(
  { kind, subresource }: ResourceRequest,
  live: KubeObject,
  config: KubeObject,
  owners: Owners,
  writer: FieldWriter,
  force: boolean,
): Applied {
  const topology = topologyOf(kind);
  const [before, wanted] = [ownedPart(kind, subresource, live), ownedPart(kind, subresource, config)];
  const applier = ownerOf(writer, "Apply");
  const applied = applyConfig(before, wanted, topology, owners, applier, force);
  if (applied.conflicts === null || writer.manager !== "kubectl") return applied;
  const remaining = allowedByLastApplied(applied.conflicts, kind, live, topology);
  return remaining.length > 0 ? { conflicts: remaining } : applyConfig(before, wanted, topology, owners, applier, true);
}

function make(
  api: ApiContext,
  transaction: Transaction,
  request: ResourceRequest,
  config: KubeObject,
  writer: FieldWriter,
): Pick<Written, "stored" | "warnings"> {
  const { kind, name = "", query } = request;
  const { uid, resourceVersion } = config.metadata;
  if (uid) throw conflict(kind, name, `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`);
  if (resourceVersion)
    throw conflict(kind, name, `the provided object specified resourceVersion ${resourceVersion}, and no existing object was found`);
  const { object, warnings } = admit(kind, config, strictly(query));
  const applied = applyConfig({}, ownedPart(kind, undefined, config), topologyOf(kind), new Map(), ownerOf(writer, "Apply"), false);
  const managed = applied.conflicts === null ? formatted(applied.owners) : undefined;
  return { stored: putNew(api, transaction, request, object, name, () => managed), warnings };
}

/** A configuration with a field nobody knows is refused whatever `fieldValidation` says: such a field could have no owner. */
function strictly(query: URLSearchParams): "Strict" {
  fieldValidationOf(query);
  return "Strict";
}

function requireFewAppliers({ kind, name = "" }: ResourceRequest, before: Owners, after: Owners): void {
  if (after.size <= before.size) return;
  const appliers = [...after.values()].filter(({ operation }) => operation === "Apply").length;
  if (appliers > MAX_APPLIERS) throw conflict(kind, name, `${MAX_APPLIERS} managers apply to it already`);
}
